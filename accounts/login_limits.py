"""The end of the limit of wrong passwords for a name, and its reset."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

APP, ACTION = "allauth.account", "login_failed"


def limited_until(request: HttpRequest, key: str) -> tuple[datetime, bool]:
    """Return when the limit ends, and whether it is that of the IP address.

    ``key`` is the key of the limit for a name. The result is the same whether or not
    anybody has that name.
    """
    now = time.time()
    moments = [(now, False)]
    for rate in ratelimit.get_rates(app=APP, action=ACTION):
        name = ratelimit.get_cache_key(
            request, app=APP, action=ACTION, rate=rate, key=key
        )
        # The newest first.
        attempts = [at for at in cache.get(name, []) if at > now - rate.duration]
        if len(attempts) >= rate.amount:
            end = attempts[rate.amount - 1] + rate.duration
            moments.append((end, rate.per == "ip"))
    until, by_address = max(moments)
    return datetime.fromtimestamp(until, UTC), by_address


def forget_attempts(request: HttpRequest, key: str) -> None:
    """Delete the attempts counted for ``key``, and no others of the client."""
    for rate in ratelimit.get_rates(app=APP, action=ACTION):
        if rate.per == "key":
            cache.delete(
                ratelimit.get_cache_key(
                    request, app=APP, action=ACTION, rate=rate, key=key
                )
            )

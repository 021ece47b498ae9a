"""Until when passwords for a name are refused, and when that is forgotten."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from allauth.core.internal import ratelimit
from django.core.cache import cache
from django.http import HttpRequest

APP, ACTION = "allauth.account", "login_failed"


def limited_until(request: HttpRequest, key: str) -> tuple[datetime, bool]:
    """Return when a password is accepted again, as django-allauth counts.

    And whether it is the limit of the network address that ends last. ``key`` is what
    the limits per name count by. The answer is the same whether or not anybody has that
    name.
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
    """Forget the attempts that count for ``key``, and no others of the client."""
    for rate in ratelimit.get_rates(app=APP, action=ACTION):
        if rate.per == "key":
            cache.delete(
                ratelimit.get_cache_key(
                    request, app=APP, action=ACTION, rate=rate, key=key
                )
            )

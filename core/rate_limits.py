"""How often something may be done, counted in the database for all processes.

The rates stand in ``RATE_LIMITS``, by action. django-allauth counts its own actions,
by ``ACCOUNT_RATE_LIMITS`` and in the same cache.
"""

from __future__ import annotations

import ipaddress
import json
import math
import time
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, cast

from django.conf import settings
from django.core.cache import DEFAULT_CACHE_ALIAS, caches
from django.core.exceptions import PermissionDenied

from core.ids import MAX_AHEAD
from core.logs import client_ip, peer_address
from core.rates import Rate, parse_rates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

    from core.database_cache import DatabaseCache

# Each failed attempt is another one's success, so that a limit is reached before.
ATTEMPTS = 1000


class Use(NamedTuple):
    """One use as an entry of the cache counts it; times in seconds."""

    entry: str
    moment: float
    kept: float


class Usage(NamedTuple):
    """What came of asking a limit.

    Where it is exceeded, ``until`` says when the action is allowed again, and ``per``
    what the limit that ends last counts by. ``counted`` is what ``give_back`` takes.
    """

    allowed: bool
    until: datetime
    per: str = ""
    counted: tuple[Use, ...] = ()


def consume(request: HttpRequest, action: str, *, key: str = "") -> Usage:
    """Count one use of ``action``, unless that exceeds one of its rates.

    ``key`` is what a rate per key counts by. One statement reads, and one writes for
    each of ip, user and key that the rates count by; an exceeded limit writes nothing.
    """
    rates = _rates_by_entry(request, action, key)
    now = time.time()
    counted: list[Use] = []
    for _attempt in range(ATTEMPTS):
        texts = _cache().read_texts(rates)
        now = time.time()
        refusals = [
            refusal
            for entry in rates
            for refusal in _refusals(texts.get(entry), rates[entry], now)
        ]
        if refusals:
            break
        for entry in list(rates):
            use = Use(entry, now, max(rate.seconds for rate in rates[entry]))
            if _count(use, texts.get(entry)):
                counted.append(use)
                del rates[entry]
        if not rates:
            return Usage(True, _moment(now), counted=tuple(counted))
    else:
        refusals = [(now, "")]
    give_back(counted)
    end, per = max(refusals)
    return Usage(False, _moment(end), per)


def give_back(counted: Iterable[Use]) -> None:
    """Take uses back that ``consume`` has counted."""
    for use in counted:
        for _attempt in range(ATTEMPTS):
            text = _cache().read_texts([use.entry]).get(use.entry)
            uses = _uses(text)
            if use.moment not in uses:
                break
            uses.remove(use.moment)
            if _cache().compare_and_set(use.entry, text, json.dumps(uses), use.kept):
                break


def forget(action: str, *, key: str) -> None:
    """Forget the uses of ``action`` that count for ``key``, and no others."""
    _cache().delete(_entry(action, "key", key))


def known_client_ip(request: HttpRequest) -> str:
    """Return the client's IP address, without a port.

    For a client whose address a proxy does not tell ("unknown") it is the proxy's.
    Raises ``PermissionDenied`` when that is none, either.
    """
    for text in (client_ip(request), peer_address(request)):
        if address := _ip_address(text.strip()):
            return address
    raise PermissionDenied


def _ip_address(text: str) -> str:
    """Return the address in ``text``, which may have a port; "" if it is none."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return ""


def _network(request: HttpRequest) -> str:
    """Return what counts as one client: an IPv4 address, or a home's IPv6 network."""
    address = ipaddress.ip_address(known_client_ip(request))
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    prefix = settings.ALLAUTH_RATE_LIMIT_IPV6_PREFIX
    return str(ipaddress.ip_network((address.packed, prefix), strict=False))


def _rates_by_entry(
    request: HttpRequest, action: str, key: str
) -> dict[str, list[Rate]]:
    """Return the rates of an action by the entry of the cache that counts for them."""
    rates = sorted(parse_rates(settings.RATE_LIMITS[action]), key=attrgetter("per"))
    return {
        _entry(action, per, _source(request, per, key)): list(some)
        for per, some in groupby(rates, key=attrgetter("per"))
    }


def _source(request: HttpRequest, per: str, key: str) -> str:
    source = {
        "ip": lambda: _network(request),
        "user": lambda: str(request.user.pk or ""),
        "key": lambda: key,
    }[per]()
    if not source:
        message = f"There is no {per} to count by."
        raise ValueError(message)
    return source


def _entry(action: str, per: str, source: str) -> str:
    return f"rate:{action}:{per}:{source}"


def _uses(text: str | None) -> list[float]:
    """Return the moments of the uses that an entry has stored."""
    uses: list[float] = json.loads(text) if text else []
    return uses


def _counting(text: str | None, since: float, now: float) -> list[float]:
    """Return the moments later than ``since``, the newest first.

    Those too far in the future are of a clock that has been set right, and count no
    more: or they would keep people out until then.
    """
    end = now + MAX_AHEAD.total_seconds()
    return sorted((use for use in _uses(text) if since < use <= end), reverse=True)


def _refusals(
    text: str | None, rates: list[Rate], now: float
) -> list[tuple[float, str]]:
    """Return until when each exceeded rate refuses, and what it counts by."""
    uses = _counting(text, -math.inf, now)
    ends = [
        (uses[rate.amount - 1] + rate.seconds, rate.per)
        for rate in rates
        if len(uses) >= rate.amount
    ]
    return [(end, per) for end, per in ends if end > now]


def _count(use: Use, text: str | None) -> bool:
    """Add a use to what was read before, unless somebody else has written since."""
    uses = [use.moment, *_counting(text, use.moment - use.kept, use.moment)]
    return _cache().compare_and_set(use.entry, text, json.dumps(uses), use.kept)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _cache() -> DatabaseCache:
    return cast("DatabaseCache", caches[DEFAULT_CACHE_ALIAS])

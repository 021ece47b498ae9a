"""How often something may be done: ``20/m/ip,200/d/ip``, django-allauth's notation."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
RATE = re.compile(r"(\d{1,6})/(\d{0,6}(?:\.\d{1,6})?)([smhd])(?:/(ip|user|key))?", re.A)


class Rate(NamedTuple):
    """``amount`` times in ``seconds``, counted for each ip, user or key."""

    amount: int
    seconds: float
    per: str


@lru_cache
def parse_rates(text: str) -> tuple[Rate, ...]:
    """Return the rates between the commas of ``text``; those of an ip by default.

    Raises ``ValueError`` for what is not understood, or allows nothing.
    """
    return tuple(_parse_rate(part.strip()) for part in text.split(","))


def _parse_rate(text: str) -> Rate:
    found = RATE.fullmatch(text)
    if not found:
        raise ValueError(text)
    amount, number, unit, per = found.groups()
    rate = Rate(int(amount), float(number or 1) * SECONDS[unit], per or "ip")
    if not rate.amount or not rate.seconds:
        raise ValueError(text)
    return rate

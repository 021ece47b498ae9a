"""Nicknames for users who sign up through a provider."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from secrets import randbelow

from django.utils import timezone
from django.utils.text import slugify

from accounts.models import FormerNickname, User
from accounts.reserved_nicknames import is_reserved
from accounts.skeletons import skeleton
from accounts.validators import NICKNAME_MAX_LENGTH

FALLBACK = "user"
ENDINGS = 20


def valid_nickname(*suggestions: str) -> str:
    """Return the first suggestion that can be made valid, without other characters."""
    for suggestion in suggestions:
        ascii_suggestion = (
            suggestion
            if suggestion.isascii()
            else slugify(suggestion).replace("-", "_")
        )
        nickname = re.sub(
            r"[^A-Za-z0-9_.]", "", ascii_suggestion.strip().replace(" ", "_")
        )
        if re.search(r"[A-Za-z0-9]", nickname):
            return nickname[:NICKNAME_MAX_LENGTH]
    return FALLBACK


def unique_nickname(suggestion: str) -> str:
    """Return the first that is free of ``suggestion``, ``suggestion2``, …

    A popular name gets a random number, so that thousands of namesakes do not cost
    thousands of queries.
    """
    for endings in _endings():
        names = [
            f"{suggestion[: NICKNAME_MAX_LENGTH - len(end)]}{end}" for end in endings
        ]
        skeletons = {skeleton(name) for name in names}
        users = User.objects.filter(skeleton__in=skeletons)
        held = FormerNickname.objects.filter(
            skeleton__in=skeletons, until__gt=timezone.now()
        )
        taken = set(users.values_list("skeleton", flat=True))
        taken |= set(held.values_list("skeleton", flat=True))
        for name in names:
            if skeleton(name) not in taken and not is_reserved(name):
                return name
    raise AssertionError  # pragma: no cover  (the endings never end)


def _endings() -> Iterator[list[str]]:
    yield ["", *(str(number) for number in range(2, 2 + ENDINGS))]
    for digits in count(4):
        yield [str(randbelow(10**digits)).zfill(digits) for _ in range(ENDINGS)]

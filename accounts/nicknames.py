"""Nicknames for people who come from another site (row A3)."""

from __future__ import annotations

import re
from itertools import count

from django.utils.text import slugify

from accounts.models import User
from accounts.validators import NICKNAME_MAX_LENGTH

FALLBACK = "user"


def valid_nickname(*wishes: str) -> str:
    """Return the first wish made valid: only letters, digits, dots, underscores."""
    for wish in wishes:
        ascii_wish = wish if wish.isascii() else slugify(wish).replace("-", "_")
        nickname = re.sub(r"[^A-Za-z0-9_.]", "", ascii_wish.strip().replace(" ", "_"))
        if re.search(r"[A-Za-z0-9]", nickname):
            return nickname[:NICKNAME_MAX_LENGTH]
    return FALLBACK


def unique_nickname(wish: str) -> str:
    """Return ``wish``, or ``wish2``, ``wish3``, … the first that nobody has."""
    if not User.objects.named(wish).exists():
        return wish
    for number in count(2):
        ending = str(number)
        nickname = wish[: NICKNAME_MAX_LENGTH - len(ending)] + ending
        if not User.objects.named(nickname).exists():
            return nickname
    raise AssertionError  # pragma: no cover  (count() never ends)

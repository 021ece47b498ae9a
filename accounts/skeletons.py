"""The skeleton of a nickname: what readers see at a glance.

Two nicknames with the same skeleton are too similar for two users. Source: Unicode
Technical Standard 39, section 4 and ``confusables.txt``, of which ASCII has: ``0`` and
``O``; ``1``, ``l`` and ``I``; ``rn`` and ``m``. As case does not matter in a nickname,
``i`` belongs to the second group. Dots and underscores are ignored.
"""

from __future__ import annotations

from functools import reduce

from django.db.models import F, Value
from django.db.models.expressions import Expression
from django.db.models.functions import Lower, Replace

_REPLACEMENTS = (
    (".", ""),
    ("_", ""),
    ("0", "o"),
    ("1", "l"),
    ("i", "l"),
    ("rn", "m"),
)


def skeleton(nickname: str) -> str:
    return reduce(
        lambda text, pair: text.replace(*pair), _REPLACEMENTS, nickname.lower()
    )


def skeleton_of(column: str) -> Expression:
    """Return the skeleton as an expression, for a generated column."""
    text: Expression = Lower(F(column))
    for old, new in _REPLACEMENTS:
        text = Replace(text, Value(old), Value(new))
    return text

"""The Plural-Forms header of a catalogue, which gettext compiles to Python code."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from gettext import c2py
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# No division, and no modulo by zero: every number has a form.
_HEADER = re.compile(
    r"\s*nplurals\s*=\s*([1-9])\s*;\s*plural\s*="
    r"((?:[n0-9()?:&|=!<>\s]|%\s*[1-9])+?);?\s*",
    re.ASCII,
)
_LONGEST = 1000  # characters
_SAMPLE = range(1000)
# As in GNU gettext's msgfmt: a form for this many numbers may omit the number.
_FEW = 5


@dataclass(frozen=True)
class PluralForms:
    """The number of plural forms of a language, and the form of each number."""

    count: int
    index: Callable[[int], int]
    few: frozenset[int]

    @classmethod
    def parse(cls, header: str) -> PluralForms | None:
        """Return the parsed header, or None if it is not safe."""
        found = _HEADER.fullmatch(header) if len(header) <= _LONGEST else None
        if not found:
            return None
        try:
            index = c2py(found[2].strip())
        except (ValueError, SyntaxError):
            return None
        used = Counter(int(index(number)) for number in _SAMPLE)
        count = int(found[1])
        if not used.keys() <= set(range(count)):
            return None
        few = frozenset(form for form in range(count) if used[form] <= _FEW)
        return cls(count, index, few)


def _two_forms(number: int) -> int:
    return int(number != 1)


# English and most others: what gettext assumes.
TWO_FORMS = PluralForms(2, _two_forms, frozenset({0}))

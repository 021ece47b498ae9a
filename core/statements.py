"""What may be written down of a statement: no text of anybody's."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal

REDACTED = "…"
# Parameters of statements that tell nothing: keys of rows, counts, times.
PLAIN_TYPES = (int, float, Decimal, date, timedelta, type(None))
QUOTED = re.compile(r"'(?:[^']|'')*'")


def plain_parameter(value: object) -> str:
    """Return a parameter of a statement as it is shown: numbers and times only."""
    return str(value) if isinstance(value, PLAIN_TYPES) else f"'{REDACTED}'"


def without_texts(statement: str) -> str:
    """Return a statement, or its plan, without the texts that stand in it."""
    return QUOTED.sub(f"'{REDACTED}'", statement)

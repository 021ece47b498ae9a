"""Rate-limited logging: the same line once a minute in each process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging

EVERY = 60.0  # seconds
# By text: when it is logged again, and how often it was left out.
left_out_until: dict[str, tuple[float, int]] = {}


def warn_throttled(logger: logging.Logger, text: str, *arguments: object) -> None:
    """Log a warning unless the same ``text`` was logged within the last minute.

    ``text`` must be a constant format, never one that a request can vary. The next line
    says how many were skipped.
    """
    now = time.monotonic()
    due, left_out = left_out_until.get(text, (0.0, 0))
    if now < due:
        left_out_until[text] = (due, left_out + 1)
        return
    left_out_until[text] = (now + EVERY, 0)
    more = f" ({left_out} more since the last line)" if left_out else ""
    logger.warning(f"{text}%s", *arguments, more)  # noqa: G004  (a format of ours)

"""Ids that carry the time: 64 bits, milliseconds first, then a random tail.

Ordering by id is ordering by time, so one index (author, id) serves every
timeline, a cursor is one number, and an old post that is imported falls into its
place. The sign bit stays 0; 20 bits of tail leave 43 bits of milliseconds, enough
until the year 2248.
"""

import secrets
import time
from datetime import UTC, datetime, timedelta

TAIL_BITS = 20
MAX_ID = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class IdClock:
    """Gives out ids that grow within one process, whatever the clock does."""

    def __init__(self) -> None:
        """Start before every id."""
        self._last = 0

    def next(self) -> int:
        """Return an id for now, greater than any this clock gave before."""
        now = time.time_ns() // 1_000_000
        fresh = now << TAIL_BITS | secrets.randbits(TAIL_BITS)
        self._last = fresh if fresh > self._last else self._last + 1
        return self._last


_clock = IdClock()


def next_id() -> int:
    """Return a new id for something that happens now."""
    return _clock.next()


def id_at(moment: datetime) -> int:
    """Return the smallest id of ``moment`` (aware), for imports and cursors."""
    return (moment - _EPOCH) // _MILLISECOND << TAIL_BITS


def time_of(id_: int) -> datetime:
    """Return the moment, in UTC and to the millisecond, that ``id_`` carries."""
    return _EPOCH + (id_ >> TAIL_BITS) * _MILLISECOND

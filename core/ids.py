"""Ids that contain the time: 64 bits, milliseconds first, then random bits.

Ordering by id is ordering by time, so one index (author, id) serves every timeline, a
cursor is one number, and an imported old post is sorted into its place. The sign bit is
0; 20 random bits leave 43 bits of milliseconds, enough until the year 2248.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from core.log_throttling import warn_throttled

if TYPE_CHECKING:
    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

RANDOM_BITS = 20
MAX_ID = 2**63 - 1
# Ids follow stored ones that are this far in the future: from another host, whose clock
# differs a little, or from before the clock was corrected.
MAX_AHEAD = timedelta(minutes=5)
# Continues while a machine sleeps, where the system has such a clock (Linux).
UNSETTABLE_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class IdClock:
    """Generates increasing ids for the current time, as far as the clock is credible.

    An id follows the newest known one, of this process or stored by another, if that is
    at most ``MAX_AHEAD`` in the future. Later ids come from a clock that has been set
    back since: they are not followed, but logged.
    """

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()
        self._offset: float | None = None

    def next(self, newest: int = 0) -> int:
        """Return an id for now, greater than ``newest`` if that is credible."""
        now = time.time_ns() // 1_000_000
        with self._lock:
            self._notice_jump(now / 1000)
            fresh = now << RANDOM_BITS | secrets.randbits(RANDOM_BITS)
            end = fresh + (MAX_AHEAD // _MILLISECOND << RANDOM_BITS)
            believed = [known for known in (self._last, newest) if known <= end]
            self._last = max(fresh, *(known + 1 for known in believed), 0)
            return self._last

    def _notice_jump(self, now: float) -> None:
        """Log if the clock was changed by comparing it with the monotonic clock."""
        offset = now - time.clock_gettime(UNSETTABLE_CLOCK)
        before, self._offset = self._offset, offset
        if before is not None and abs(offset - before) > MAX_AHEAD.total_seconds():
            text = "The clock was set by %.0f s: the times of posts follow it."
            warn_throttled(logger, text, offset - before)


_clock = IdClock()


def next_id() -> int:
    """Return a new id for the current time."""
    return _clock.next()


def next_id_after(stored: QuerySet[Any]) -> int:
    """Return a new id that follows the newest one in ``stored``; one query.

    Rows too far in the future are excluded by the query, which reads one entry of the
    primary key's index.
    """
    end = latest_id()
    newest = stored.filter(pk__lte=end).order_by("-pk").values_list("pk", flat=True)
    return _clock.next(newest.first() or 0)


def latest_id() -> int:
    """Return the greatest credible id; rows with a greater one are not shown."""
    return id_at(datetime.now(UTC) + MAX_AHEAD)


def id_at(moment: datetime) -> int:
    """Return the smallest id of ``moment`` (aware), for imports and cursors."""
    return (moment - _EPOCH) // _MILLISECOND << RANDOM_BITS


def time_of(id_: int) -> datetime:
    """Return the time in ``id_``, in UTC and to the millisecond."""
    return _EPOCH + (id_ >> RANDOM_BITS) * _MILLISECOND

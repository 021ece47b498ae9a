"""Leases of tasks: a worker keeps its tasks as long as its heartbeat continues.

A worker counts as dead when it did not beat during ``MISSED_BEATS`` beats of another
one; its tasks are then requeued. Because beats are counted, not seconds, a worker that
is alive does not lose a task to a clock that jumps, differs between hosts, or runs
while a machine is suspended; nor to a database that could not be written for a while.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F
from django.db.models.functions import Now
from django.utils.crypto import get_random_string

from core.models import WorkerHeartbeat

logger = logging.getLogger(__name__)

BEAT_INTERVAL = 5.0  # seconds
MISSED_BEATS = 3
DEAD = -1
NO_WORKER = "-"

_lease: ContextVar[Lease | None] = ContextVar("lease", default=None)


class LeaseLost(Exception):  # noqa: N818  (what happened rather than an error)
    """Other workers consider this one dead and run its tasks."""


def living_workers() -> set[str]:
    """Return the ids of the workers that do not count as dead."""
    living = WorkerHeartbeat.objects.filter(beats__gte=0)
    return set(living.values_list("worker_id", flat=True))


def current_worker() -> str:
    """Return the id of the current worker, '-' outside of one."""
    lease = _lease.get()
    return lease.worker_id if lease else NO_WORKER


def confirm_lease() -> None:
    """Raise ``LeaseLost`` if the current task may be running in another worker.

    A task calls it before an irreversible step, such as handing over a mail: the
    process may have been suspended for minutes since the task began. Outside of a
    worker it does nothing.
    """
    if lease := _lease.get():
        lease.confirm()


class Lease:
    """A worker's heartbeat: its row, and the thread that updates it inside ``held``."""

    def __init__(
        self, *, every: float = BEAT_INTERVAL, after_beat: Callable[[], object]
    ) -> None:
        """Beat ``every`` seconds, which must be the same for all workers of a database.

        ``after_beat`` is called in the thread after each beat that was stored.
        """
        self.every = every
        self.after_beat = after_beat
        self.worker_id = ""
        self._silent: dict[str, tuple[int, int]] = {}
        self._ended = threading.Event()

    @contextmanager
    def held(self) -> Iterator[Lease]:
        """Update the row inside the block; delete it at its end."""
        token = _lease.set(self)
        with suppress(DatabaseError, InterfaceError):
            self.renew()
        thread = threading.Thread(target=self._keep_alive, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join()
            _lease.reset(token)
            with suppress(DatabaseError, InterfaceError):
                WorkerHeartbeat.objects.filter(pk=self.worker_id).delete()

    def confirm(self) -> None:
        """Raise ``LeaseLost`` unless the row is there and alive."""
        mine = WorkerHeartbeat.objects.filter(pk=self.worker_id, beats__gte=0)
        if not mine.exists():
            raise LeaseLost(self.worker_id)

    def renew(self) -> str:
        """Return the worker's id, a new one at the start and after a lost lease."""
        try:
            self.confirm()
        except LeaseLost:
            fresh = get_random_string(32)
            WorkerHeartbeat.objects.create(worker_id=fresh)
            if self.worker_id:
                logger.warning("Other workers considered this one dead; it continues.")
            self.worker_id = fresh
        return self.worker_id

    def _keep_alive(self) -> None:
        # At once, too, so that tasks of workers that died before are requeued sooner.
        while True:
            try:
                if self.beat():
                    self.after_beat()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("The worker's heartbeat cannot be stored: %s", error)
                with suppress(DatabaseError, InterfaceError):
                    connection.close()
            if self._ended.wait(self.every):
                break
        connection.close()

    def beat(self) -> bool:
        """Beat once, then mark dead workers; return False if the lease was lost."""
        mine = WorkerHeartbeat.objects.filter(pk=self.worker_id, beats__gte=0)
        if not mine.update(beats=F("beats") + 1, seen_at=Now()):
            return False
        self._give_up_silent()
        return True

    def _give_up_silent(self) -> None:
        """Mark workers that did not beat during ``MISSED_BEATS`` of our beats."""
        others = WorkerHeartbeat.objects.exclude(pk=self.worker_id)
        before, self._silent = self._silent, {}
        for worker_id, beats in others.values_list("worker_id", "beats"):
            known, silent = before.get(worker_id, (beats, -1))
            silent = silent + 1 if known == beats else 0
            self._silent[worker_id] = (beats, silent)
            same = others.filter(pk=worker_id, beats=beats)
            if silent >= MISSED_BEATS and same.update(beats=DEAD):
                logger.warning("A worker is silent; its tasks run again.")
        others.filter(beats=DEAD).delete()

"""Background tasks with retries, and a worker that survives errors.

django-tasks stores a task in the transaction that enqueues it and runs it once. This
module adds what it lacks: a failed task is retried with a growing delay until it is
marked FAILED; a task whose worker died is requeued (``core.leases``). ``started_at``
identifies a claim: a worker that continues after its task was requeued can no longer
store a result.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from traceback import format_exception
from typing import TYPE_CHECKING, Any

from django.db import (
    DatabaseError,
    InterfaceError,
    close_old_connections,
    connection,
)
from django.utils import timezone
from django_tasks import TaskContext, TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult, get_date_max
from django_tasks_db.utils import exclusive_transaction

from core.catalogues import CatalogueWatcher
from core.database_cache import PURGE_ROWS, purge_expired
from core.leases import (
    NO_WORKER,
    Lease,
    LeaseLost,
    confirm_lease,
    current_worker,
    living_workers,
)
from core.pruning import prune_finished, prune_sessions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from types import FrameType

    from django.db.models import QuerySet
    from django_tasks.base import Task

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
FIRST_DELAY = timedelta(seconds=15)
# =
LONGEST_DELAY = FIRST_DELAY * 2 ** (MAX_ATTEMPTS - 2)
PRUNE_INTERVAL = 300  # seconds
STORE_RETRY_SECONDS = 1.0  # seconds


class GiveUp(Exception):  # noqa: N818  (an instruction rather than an error)
    """Raised by a task that can never succeed: it is not retried."""


def delay_after(attempts: int) -> timedelta:
    """Return the delay before the next attempt: 15 s, 30 s, … 4 h 16 min."""
    delay: timedelta = FIRST_DELAY * 2 ** (attempts - 1)
    return delay


def make_ready(task: DBTaskResult, after: datetime | None = None) -> None:
    """Make a task ready to run, now or at ``after``; its last traceback is kept."""
    task.status = TaskResultStatus.READY
    task.run_after = after or get_date_max()
    task.finished_at = None
    task.save(update_fields=["status", "run_after", "finished_at"])


def same_claim(task: DBTaskResult) -> QuerySet[DBTaskResult]:
    """Return the task's row if it is still claimed as when it was read."""
    return DBTaskResult.objects.running().filter(pk=task.pk, started_at=task.started_at)


def requeue_lost() -> int:
    """Requeue the tasks of dead workers; return how many.

    The tasks are read before the workers, which store their row before they claim a
    task: so no task is taken from a worker that has just started.
    """
    running = _running_tasks()
    living = living_workers() if running else set()
    lost = [task for task in running if not living & set(task.worker_ids[-1:])]
    return sum(_requeue(task, get_date_max(), "had lost its worker") for task in lost)


def requeue_unfinished(worker_id: str) -> int:
    """Plan the next attempt of what a worker claimed and did not end; return how many.

    For a worker that runs nothing at the moment: the database may have failed it
    between a claim and the end of the task.
    """
    mine = [task for task in _running_tasks() if task.worker_ids[-1:] == [worker_id]]
    now = timezone.now()
    return sum(
        _requeue(task, now + delay_after(len(task.worker_ids)), "was left unfinished")
        for task in mine
    )


def _running_tasks() -> list[DBTaskResult]:
    return list(DBTaskResult.objects.running().defer("args_kwargs", "traceback"))


def _requeue(task: DBTaskResult, run_after: datetime, reason: str) -> bool:
    """Make a running task ready, or give it up after so many attempts."""
    if len(task.worker_ids) >= MAX_ATTEMPTS:
        give_up(task)
        return False
    ready = {"status": TaskResultStatus.READY, "finished_at": None}
    if not same_claim(task).update(run_after=run_after, **ready):
        return False
    logger.warning("%s %s and runs again.", task.task_path, reason)
    return True


def run_postponed_now() -> int:
    """Reschedule retries that a clock that jumped has put off beyond any delay."""
    far = timezone.now() + 2 * LONGEST_DELAY
    waiting = DBTaskResult.objects.filter(
        status=TaskResultStatus.READY, run_after__gt=far, run_after__lt=get_date_max()
    )
    # First attempts were scheduled on purpose.
    tried = [task.pk for task in waiting.only("worker_ids") if task.worker_ids]
    return DBTaskResult.objects.filter(pk__in=tried).update(run_after=get_date_max())


def claim_batch(
    task: Task[Any, Any], limit: int, *, attempts: int = 1
) -> list[DBTaskResult]:
    """Claim up to ``limit`` ready tasks of the same function, to run them together.

    Only those with fewer attempts than ``attempts``, the number of the current task: a
    task that kills its worker is thus retried with fewer and fewer others. The caller
    ends each by ``finish_batch``, whether it succeeded or not.
    """
    same = DBTaskResult.objects.ready().filter(task_path=task.module_path)
    now = timezone.now()
    with exclusive_transaction(same.db):
        ready = same.select_for_update(skip_locked=True)[:limit]
        claimed = [row for row in ready if len(row.worker_ids) < attempts]
        # Most have the same values, so one statement claims them.
        alike: dict[tuple[str, ...], list[DBTaskResult]] = defaultdict(list)
        for row in claimed:
            alike[tuple(row.worker_ids)].append(row)
        for before, rows in alike.items():
            fields = {
                "status": TaskResultStatus.RUNNING,
                "started_at": now,
                "worker_ids": [*before, current_worker()],
            }
            for row in rows:
                vars(row).update(fields)
            keys = [row.pk for row in rows]
            DBTaskResult.objects.filter(pk__in=keys).update(**fields)
    return claimed


def finish_batch(claimed: Iterable[DBTaskResult], *, error: str = "") -> None:
    """Mark claimed tasks as successful, or schedule a retry after ``error``."""
    now = timezone.now()
    if not error:
        mine = DBTaskResult.objects.running().filter(
            pk__in=[row.pk for row in claimed],
            started_at__in={row.started_at for row in claimed},
        )
        mine.update(status=TaskResultStatus.SUCCESSFUL, finished_at=now)
        return
    for row in claimed:
        row.traceback = error
        same_claim(row).update(**_after_failure(row, hopeless=False))


def give_up(task: DBTaskResult) -> None:
    """Mark a task as failed for the administrators, unless it was requeued."""
    fields = {"status": TaskResultStatus.FAILED, "finished_at": timezone.now()}
    if same_claim(task).update(**fields):
        attempts = len(task.worker_ids)
        logger.error("Gave up %s after %d attempts.", task.task_path, attempts)


def _after_failure(row: DBTaskResult, *, hopeless: bool) -> dict[str, Any]:
    """Return the fields of a task after a failed attempt, with its traceback."""
    now = timezone.now()
    attempts = len(row.worker_ids)
    reason = row.traceback.strip().rpartition("\n")[2]
    fields = {"traceback": row.traceback, "return_value": None, "finished_at": now}
    if hopeless or attempts >= MAX_ATTEMPTS:
        logger.error("Gave up %s: %s", row.task_path, reason)
        return fields | {"status": TaskResultStatus.FAILED}
    delay = delay_after(attempts)
    logger.warning("%s failed, runs again in %s: %s", row.task_path, delay, reason)
    ready = {"status": TaskResultStatus.READY, "run_after": now + delay}
    return fields | ready | {"finished_at": None}


def silence_library_loggers() -> None:
    """Drop the log lines of the libraries.

    They write one for each poll of the queue, and an error for each attempt, although
    it will be retried.
    """
    logging.getLogger("django_tasks_db").setLevel(logging.WARNING)
    logging.getLogger("django_tasks").setLevel(logging.CRITICAL)


class RetryingWorker(Worker):
    """Runs tasks until it is stopped, despite locks and lost connections."""

    def __init__(self, *, interval: float = 1, lease: Lease | None = None) -> None:
        """Poll for tasks every ``interval`` seconds when there are none.

        Without a ``lease`` no other worker may use the same database.
        """
        super().__init__(
            queue_names=["*"],
            interval=interval,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=NO_WORKER,
            excluded_queue_names=[],
        )
        self.lease = lease
        self._tidy_at = time.monotonic()
        self._stop = threading.Event()
        self._catalogues = CatalogueWatcher()

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Finish the current task, even one just claimed; a second signal ends now."""
        if not self.running:
            super().shutdown(signum, frame)
        self.running = False
        self._stop.set()

    def run_task(self, db_task_result: DBTaskResult) -> None:
        """Run one task and store its result: success, a retry, or failure.

        Raises ``LeaseLost``, before or after, if another worker has the task now.
        """
        row = db_task_result
        self.running_task = True
        try:
            confirm_lease()
            # Mails use the texts that a translator has saved by now.
            self._catalogues.look()
            self._store(row, self._outcome(row))
        finally:
            self.running_task = False
            self._run_tasks += 1

    def _outcome(self, row: DBTaskResult) -> dict[str, Any]:
        """Call the task's function; return the fields with its result."""
        try:
            result, task = row.task_result, row.task
            told: Any = {"task_result": result}
            context = [TaskContext(**told)] if task.takes_context else []
            task.call(*context, *result.args, **result.kwargs)
        except LeaseLost:
            raise
        except (SystemExit, KeyboardInterrupt):  # a second signal
            same_claim(row).update(status=TaskResultStatus.READY)
            raise
        except Exception as error:  # noqa: BLE001  (whatever a task raises)
            row.traceback = "".join(format_exception(error))
            path = f"{type(error).__module__}.{type(error).__qualname__}"
            hopeless = isinstance(error, GiveUp)
            fields = _after_failure(row, hopeless=hopeless)
            return fields | {"exception_class_path": path}
        return {
            "status": TaskResultStatus.SUCCESSFUL,
            "finished_at": timezone.now(),
            "exception_class_path": "",
            "traceback": "",
            # A mail may contain a secret, such as a link that resets a password.
            "args_kwargs": {"args": [], "kwargs": {}},
        }

    def _store(self, row: DBTaskResult, fields: dict[str, Any]) -> None:
        """Store the result, retrying as long as the database is unavailable."""
        while True:
            try:
                if not same_claim(row).update(**fields):
                    raise LeaseLost(row.task_path)
            except (DatabaseError, InterfaceError) as error:
                if self.lease is None or self._stop.is_set():
                    raise
                logger.warning("The end of a task cannot be stored now: %s", error)
                _drop_connection()
                self._stop.wait(STORE_RETRY_SECONDS)
            else:
                return

    def run_due(self) -> None:
        """Run all due tasks, with the lease if there is one, then return."""
        if self.lease:
            self.worker_id = self.lease.renew()
            requeue_unfinished(self.worker_id)
        try:
            self.run()
        except LeaseLost:
            logger.warning("A task was taken over; its end is not stored here.")

    def run_until_stopped(self) -> None:
        """Run tasks until stopped, and prune old rows every few minutes."""
        while self.running:
            try:
                self._prune()
                self.run_due()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("The database cannot be used now: %s", error)
                _drop_connection()
            close_old_connections()
            self._stop.wait(self.interval)

    def _prune(self) -> None:
        if time.monotonic() < self._tidy_at:
            return
        self._tidy_at = time.monotonic() + PRUNE_INTERVAL
        requeue_lost()
        run_postponed_now()
        prune_finished()
        prune_sessions()
        while purge_expired(PURGE_ROWS) == PURGE_ROWS:
            pass


def _drop_connection() -> None:
    with suppress(DatabaseError, InterfaceError):
        connection.close()

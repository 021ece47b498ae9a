"""Background tasks that are tried again, and a worker that outlives its troubles.

django-tasks stores a task in the transaction that asks for it and runs it once.
This adds what it leaves out: a task that fails runs again with a growing delay until
it is given up, visibly, as FAILED; a task whose worker died is put back.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import (
    DatabaseError,
    InterfaceError,
    close_old_connections,
    connection,
)
from django.utils import timezone
from django.utils.crypto import get_random_string
from django_tasks import TaskResultStatus
from django_tasks_db.management.commands.db_worker import Worker
from django_tasks_db.models import DBTaskResult, get_date_max
from django_tasks_db.utils import exclusive_transaction

if TYPE_CHECKING:
    from datetime import datetime
    from types import FrameType

    from django_tasks.base import Task

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 12
FIRST_DELAY = timedelta(seconds=15)
LONGEST_DELAY = timedelta(hours=6)
# A task that runs longer than this has lost its worker.
LONGEST_RUN = timedelta(minutes=30)
TIDY_EVERY = timedelta(minutes=5)
KEEP_FINISHED = timedelta(days=7)
KEEP_FAILED = timedelta(days=30)


class GiveUp(Exception):  # noqa: N818  (an instruction rather than an error)
    """Raised by a task that would never succeed: it is not tried again."""


GIVE_UP_PATH = f"{GiveUp.__module__}.{GiveUp.__qualname__}"


def delay_after(attempts: int) -> timedelta:
    """Return how long to wait after so many attempts: 15 s, 30 s, … 6 h."""
    doubled: timedelta = FIRST_DELAY * 2 ** (attempts - 1)
    return min(doubled, LONGEST_DELAY)


def try_again(task: DBTaskResult, after: datetime | None = None) -> None:
    """Make a task ready to run, now or at a moment; its last traceback stays."""
    task.status = TaskResultStatus.READY
    task.run_after = after or get_date_max()
    task.finished_at = None
    task.save(update_fields=["status", "run_after", "finished_at"])


def put_back_lost() -> int:
    """Put back the tasks whose worker died; return how many."""
    lost = DBTaskResult.objects.running().filter(
        started_at__lt=timezone.now() - LONGEST_RUN
    )
    count = 0
    for task in lost:
        if len(task.worker_ids) < MAX_ATTEMPTS:
            logger.warning("%s had lost its worker and runs again.", task.task_path)
            try_again(task)
            count += 1
        else:
            give_up(task)
    return count


def prune_finished() -> int:
    """Forget tasks that succeeded a week or failed a month ago; return how many."""
    now = timezone.now()
    done = DBTaskResult.objects.successful().filter(finished_at__lt=now - KEEP_FINISHED)
    failed = DBTaskResult.objects.failed().filter(finished_at__lt=now - KEEP_FAILED)
    return done.delete()[0] + failed.delete()[0]


def claim_like(task: Task[Any, Any], limit: int) -> list[DBTaskResult]:
    """Take up to ``limit`` ready tasks of the same function, to do them at once.

    The caller ends each by ``end_like``, whether it went well or not.
    """
    same = DBTaskResult.objects.ready().filter(task_path=task.module_path)
    with exclusive_transaction(same.db):
        claimed = list(same.select_for_update(skip_locked=True)[:limit])
        DBTaskResult.objects.filter(pk__in=[row.pk for row in claimed]).update(
            status=TaskResultStatus.RUNNING, started_at=timezone.now()
        )
    return claimed


def end_like(claimed: list[DBTaskResult], *, done: bool) -> None:
    """Mark claimed tasks as successful, or count the attempt and plan the next."""
    now = timezone.now()
    if done:
        DBTaskResult.objects.filter(pk__in=[row.pk for row in claimed]).update(
            status=TaskResultStatus.SUCCESSFUL, finished_at=now
        )
        return
    for row in claimed:
        row.worker_ids = [*row.worker_ids, "batch"]
        row.save(update_fields=["worker_ids"])
        attempts = len(row.worker_ids)
        if attempts < MAX_ATTEMPTS:
            try_again(row, after=now + delay_after(attempts))
        else:
            give_up(row)


def give_up(task: DBTaskResult) -> None:
    """Leave a task for the administrators to look at."""
    logger.error("Gave up %s after %d attempts.", task.task_path, len(task.worker_ids))
    task.status = TaskResultStatus.FAILED
    task.finished_at = timezone.now()
    task.save(update_fields=["status", "finished_at"])


def hush_libraries() -> None:
    """Leave out the libraries' own lines.

    They write one for each look at the queue, and an error for each attempt, though it
    will be tried again.
    """
    logging.getLogger("django_tasks_db").setLevel(logging.WARNING)
    logging.getLogger("django_tasks").setLevel(logging.CRITICAL)


class PatientWorker(Worker):
    """Runs tasks until it is told to stop, through locks and lost connections."""

    def __init__(self, *, interval: float = 1) -> None:
        """Look for tasks every ``interval`` seconds when there are none."""
        super().__init__(
            queue_names=["*"],
            interval=interval,
            batch=True,
            backend_name="default",
            startup_delay=False,
            max_tasks=None,
            worker_id=get_random_string(32),
            excluded_queue_names=[],
        )
        self._tidy_at = timezone.now()
        self._stop = threading.Event()

    def shutdown(self, signum: int, frame: FrameType | None) -> None:
        """Finish the task at hand, also one just claimed; a second signal ends now."""
        if not self.running:
            super().shutdown(signum, frame)
        self.running = False
        self._stop.set()

    def run_task(self, db_task_result: DBTaskResult) -> None:
        """Run one task; when it fails, plan its next attempt or give it up."""
        super().run_task(db_task_result)
        if db_task_result.status != TaskResultStatus.FAILED:
            # A mail may carry a secret, such as a link that resets a password.
            db_task_result.args_kwargs = {"args": [], "kwargs": {}}
            db_task_result.save(update_fields=["args_kwargs"])
            return
        attempts = len(db_task_result.worker_ids)
        reason = db_task_result.traceback.strip().rpartition("\n")[2]
        hopeless = db_task_result.exception_class_path == GIVE_UP_PATH
        if hopeless or attempts >= MAX_ATTEMPTS:
            logger.error("Gave up %s: %s", db_task_result.task_path, reason)
            return
        delay = delay_after(attempts)
        logger.warning(
            "%s failed, runs again in %s: %s", db_task_result.task_path, delay, reason
        )
        try_again(db_task_result, after=timezone.now() + delay)

    def run_until_stopped(self) -> None:
        """Run tasks as they come, and tidy now and then."""
        while self.running:
            try:
                self._tidy()
                self.run()
            except (DatabaseError, InterfaceError) as error:
                logger.warning("The database cannot be used now: %s", error)
                with suppress(DatabaseError, InterfaceError):
                    connection.close()
            close_old_connections()
            self._stop.wait(self.interval)

    def _tidy(self) -> None:
        if timezone.now() < self._tidy_at:
            return
        self._tidy_at = timezone.now() + TIDY_EVERY
        put_back_lost()
        prune_finished()

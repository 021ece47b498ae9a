"""Tasks of dead workers run again soon, and never twice at the same time."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.db import OperationalError, connection
from django.test import SimpleTestCase, TestCase
from django.utils import timezone
from django_tasks import task
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult, get_date_max

from core.leases import DEAD, MISSED_BEATS, Lease, LeaseLost, _lease
from core.mail import as_json, deliver
from core.models import WorkerHeartbeat
from core.tasks import (
    LONGEST_DELAY,
    MAX_ATTEMPTS,
    RetryingWorker,
    claim_batch,
    finish_batch,
    requeue_lost,
    run_postponed_now,
)
from core.testing import run_tasks

PATIENCE = 60  # seconds
PREPARE = """
from django.core.management import call_command
from core.tests.lease_task import wait_for_leave
call_command("migrate", verbosity=0)
for name in "abc":
    wait_for_leave.enqueue({folder!r}, name)
"""
DONE: list[str] = []


@task()
def note(name: str) -> None:
    DONE.append(name)


@task()
def lose_the_claim(name: str) -> None:
    """Simulate a suspended worker: the task is claimed by another one."""
    DONE.append(name)
    DBTaskResult.objects.update(started_at=timezone.now(), worker_ids=["another"])


@task()
def stop_halfway(name: str) -> None:
    """Claim the others and end none, as when the database goes away then."""
    if claim_batch(stop_halfway, 10):
        message = "the database is gone"
        raise OperationalError(message)
    DONE.append(name)


def lease_of(worker_id: str) -> Lease:
    lease = Lease(after_beat=requeue_lost)
    lease.worker_id = worker_id
    WorkerHeartbeat.objects.create(worker_id=worker_id)
    return lease


class LeaseTests(TestCase):
    def setUp(self) -> None:
        DONE.clear()
        # It would close the connection that holds the test's transaction.
        self.enterContext(patch.object(db_worker, "close_old_connections"))
        self.mine, self.other = lease_of("mine"), lease_of("other")

    def running_task(self, worker_id: str) -> DBTaskResult:
        note.enqueue("x")
        row = DBTaskResult.objects.get()
        row.claim(worker_id)
        return row

    def test_a_silent_worker_is_given_up_and_its_task_runs_again(self) -> None:
        self.running_task("other")
        for _ in range(MISSED_BEATS):
            self.assertTrue(self.mine.beat())
            self.assertEqual(requeue_lost(), 0)
        self.mine.beat()
        self.assertEqual(requeue_lost(), 1)
        with self.assertRaises(LeaseLost):
            self.other.confirm()
        self.assertFalse(self.other.beat())
        self.assertNotEqual(self.other.renew(), "other")
        run_tasks()
        self.assertEqual(DONE, ["x"])

    def test_a_worker_that_beats_keeps_its_task_whatever_the_clock_says(self) -> None:
        self.running_task("other")
        DBTaskResult.objects.update(started_at="2020-01-01T00:00Z")
        WorkerHeartbeat.objects.update(seen_at="2020-01-01T00:00Z")
        for _ in range(3 * MISSED_BEATS):
            self.other.beat()
            self.mine.beat()
            self.assertEqual(requeue_lost(), 0)

    def test_a_late_end_is_not_stored(self) -> None:
        lose_the_claim.enqueue("x")
        with self.assertRaises(LeaseLost):
            RetryingWorker().run()
        row = DBTaskResult.objects.get()
        self.assertEqual((row.status, row.worker_ids), ("RUNNING", ["another"]))

    def test_a_late_end_of_a_batch_is_not_stored(self) -> None:
        for name in "ab":
            note.enqueue(name)
        claimed = claim_batch(note, 10)
        self.assertEqual(len(claimed), 2)
        DBTaskResult.objects.update(started_at="2026-01-01T00:00Z")
        finish_batch(claimed)
        finish_batch(claimed, error="Late")
        self.assertEqual(DBTaskResult.objects.running().count(), 2)
        self.assertEqual(requeue_lost(), 2)  # claimed outside of any worker

    def test_company_gets_smaller_after_each_attempt(self) -> None:
        """A task that kills its worker does not block healthy ones for long."""
        for name in "abc":
            note.enqueue(name)
        DBTaskResult.objects.update(worker_ids=["w", "w"])
        self.assertEqual(claim_batch(note, 10, attempts=2), [])
        self.assertEqual(len(claim_batch(note, 2, attempts=3)), 2)

    def test_an_attempt_put_off_by_a_clock_that_jumped_runs_now(self) -> None:
        for name in "abc":
            note.enqueue(name)
        far = timezone.now() + 3 * LONGEST_DELAY
        tried, on_purpose, _ = DBTaskResult.objects.all()
        DBTaskResult.objects.filter(pk=tried.pk).update(worker_ids=["w"], run_after=far)
        DBTaskResult.objects.filter(pk=on_purpose.pk).update(run_after=far)
        self.assertEqual(run_postponed_now(), 1)
        tried.refresh_from_db()
        self.assertEqual(tried.run_after, get_date_max())
        soon = timezone.now() + timedelta(hours=1)
        DBTaskResult.objects.filter(pk=tried.pk).update(run_after=soon)
        self.assertEqual(run_postponed_now(), 0)

    def test_who_beat_at_the_last_moment_is_not_given_up(self) -> None:
        """Between reading the beats and marking the worker as dead."""
        for _ in range(MISSED_BEATS):
            self.mine.beat()
        beaten: list[bool] = []

        def beat_meanwhile(
            execute: Callable[..., object], sql: str, params: Any, *rest: Any
        ) -> object:
            if not beaten and sql.startswith("UPDATE") and DEAD in params:
                beaten.append(True)
                self.other.beat()
            return execute(sql, params, *rest)

        with connection.execute_wrapper(beat_meanwhile):
            self.mine.beat()
        self.assertEqual(beaten, [True])
        self.other.confirm()

    def test_the_last_worker_counts_not_an_earlier_one(self) -> None:
        self.running_task("other")
        DBTaskResult.objects.update(worker_ids=["mine", "other"])
        WorkerHeartbeat.objects.filter(pk="other").update(beats=DEAD)
        self.assertEqual(requeue_lost(), 1)

    def test_a_task_is_given_up_after_so_many_workers_died_of_it(self) -> None:
        self.running_task("other")
        DBTaskResult.objects.update(worker_ids=["gone"] * MAX_ATTEMPTS)
        self.assertEqual(requeue_lost(), 0)
        self.assertEqual(DBTaskResult.objects.get().status, "FAILED")

    @contextmanager
    def working(self) -> Iterator[RetryingWorker]:
        """Yield a worker that holds the lease of this test."""
        token = _lease.set(self.mine)
        try:
            yield RetryingWorker(lease=self.mine)
        finally:
            _lease.reset(token)

    def states(self) -> list[str]:
        return [str(row.status) for row in DBTaskResult.objects.all()]

    def test_what_a_living_worker_left_unfinished_runs_again(self) -> None:
        for name in "abc":
            stop_halfway.enqueue(name)
        with self.working() as worker:
            worker.run_due()
            self.assertEqual(self.states().count("RUNNING"), 2)
            self.assertEqual(requeue_lost(), 0)
            before = timezone.now()
            worker.run_due()
            self.assertEqual(self.states(), ["READY"] * 3)
            for row in DBTaskResult.objects.all():
                self.assertGreater(row.run_after, before)
                self.assertLess(row.run_after, before + timedelta(minutes=1))
            one, *rest = DBTaskResult.objects.all()
            DBTaskResult.objects.filter(pk__in=[row.pk for row in rest]).delete()
            DBTaskResult.objects.update(run_after=get_date_max())
            worker.run_due()
        self.assertEqual(DONE, one.args_kwargs["args"])
        self.assertEqual(self.states(), ["SUCCESSFUL"])

    def test_a_task_whose_lease_could_not_be_confirmed_runs_again(self) -> None:
        note.enqueue("x")
        asked: list[str] = []

        def fail_once(
            execute: Callable[..., object], sql: str, params: Any, *rest: Any
        ) -> object:
            if WorkerHeartbeat._meta.db_table in sql:
                asked.append(sql)
                if len(asked) == 2:  # the first renews the lease
                    message = "server has gone away"
                    raise OperationalError(message)
            return execute(sql, params, *rest)

        with self.working() as worker:
            with (
                connection.execute_wrapper(fail_once),
                self.assertRaises(OperationalError),
            ):
                worker.run_due()
            self.assertEqual(self.states(), ["RUNNING"])
            worker.run_due()
            self.assertEqual(self.states(), ["READY"])
            DBTaskResult.objects.update(run_after=get_date_max())
            worker.run_due()
        self.assertEqual((DONE, self.states()), (["x"], ["SUCCESSFUL"]))

    def test_nothing_is_taken_from_another_worker_that_lives(self) -> None:
        self.running_task("other")
        with self.working() as worker:
            worker.run_due()
        self.assertEqual(self.states(), ["RUNNING"])
        DBTaskResult.objects.update(worker_ids=["mine"] * MAX_ATTEMPTS)
        with self.working() as worker:
            worker.run_due()
        self.assertEqual(self.states(), ["FAILED"])

    def test_who_lost_the_task_hands_over_no_mail(self) -> None:
        message = EmailMessage("Hi", "text", "a@example.com", ["b@example.com"])
        backend = "django.core.mail.backends.locmem.EmailBackend"
        with self.settings(DELIVERY_EMAIL_BACKEND=backend):
            with self.lost(), self.assertRaises(LeaseLost):
                deliver.call(as_json(message))
            self.assertEqual(mail.outbox, [])
            deliver.call(as_json(message))
        self.assertEqual(len(mail.outbox), 1)

    @contextmanager
    def lost(self) -> Iterator[None]:
        """Run as a worker that others consider dead."""
        WorkerHeartbeat.objects.filter(pk="other").update(beats=DEAD)
        token = _lease.set(self.other)
        try:
            yield
        finally:
            _lease.reset(token)


class LostWorkerTests(SimpleTestCase):
    """Real processes, killed and stopped, on a SQLite file of their own."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.environment = os.environ | {
            "ENV_FILE": os.devnull,
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder}/db.sqlite3",
            "DJANGO_SETTINGS_MODULE": "microblog.settings.production",
            "SECRET_KEY": "only-for-tests-0123456789-" + "x" * 40,
            "ALLOWED_HOSTS": "blog.example",
        }
        code = PREPARE.format(folder=str(self.folder))
        subprocess.run(
            [sys.executable, "-W", "ignore", "manage.py", "shell", "-c", code],
            cwd=settings.BASE_DIR,
            env=self.environment,
            check=True,
            capture_output=True,
        )

    def worker(self) -> subprocess.Popen[bytes]:
        module = "core.tests.lease_task"
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", module],
            cwd=settings.BASE_DIR,
            env=self.environment,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def await_told(self, *lines: str) -> None:
        told, end = self.folder / "told", time.monotonic() + PATIENCE
        found: list[str] = []
        while sorted(found) != sorted(lines) and time.monotonic() < end:
            threading.Event().wait(0.05)
            found = told.read_text().splitlines() if told.exists() else []
        self.assertEqual(sorted(found), sorted(lines))

    def test_killed_and_stopped_workers(self) -> None:
        first = self.worker()
        self.await_told("a begins")
        second = self.worker()
        told = ["a begins", "b begins"]
        self.await_told(*told)
        first.send_signal(signal.SIGSTOP)  # as by a laptop that is closed
        (self.folder / "go-b").touch()
        told += ["b ends", "c begins"]
        self.await_told(*told)
        self.await_put_back()
        # The first wakes: what it began is no longer its own, so it does not end it,
        # but begins again, under a new id.
        (self.folder / "go-a").touch()
        first.send_signal(signal.SIGCONT)
        told += ["a begins", "a ends"]
        self.await_told(*told)
        # It takes over from the second, which is killed.
        second.kill()
        (self.folder / "go-c").touch()
        self.await_told(*told, "c begins", "c ends")
        first.send_signal(signal.SIGTERM)
        self.assertEqual(first.wait(PATIENCE), 0)

    def await_put_back(self) -> None:
        end = time.monotonic() + PATIENCE
        rows = sqlite3.connect(self.folder / "db.sqlite3")
        while not rows.execute(WAITING).fetchone() and time.monotonic() < end:
            threading.Event().wait(0.05)
        rows.close()


WAITING = f"SELECT 1 FROM {DBTaskResult._meta.db_table} WHERE status = 'READY'"  # noqa: S608

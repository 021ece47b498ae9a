"""Failed tasks in the admin, and a worker that is told to stop."""

import signal
from unittest.mock import patch

from django.db.models.signals import post_save
from django.test import TestCase, override_settings
from django.urls import reverse
from django_tasks import task
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult

from accounts.tests.factories import create_user
from core import tasks
from core.pruning import prune_finished
from core.tasks import (
    MAX_ATTEMPTS,
    GiveUp,
    RetryingWorker,
    requeue_lost,
)
from core.testing import run_tasks

ALLOWED: list[bool] = []


@task()
def moody(secret: str) -> None:
    if not ALLOWED:
        raise GiveUp(secret)


class TaskAdminTests(TestCase):
    path = reverse(f"admin:{DBTaskResult._meta.app_label}_dbtaskresult_changelist")

    def setUp(self) -> None:
        ALLOWED.clear()
        boss = create_user("boss", is_staff=True, is_superuser=True)
        self.client.force_login(boss)
        DBTaskResult.objects.all().delete()  # of the search index
        moody.enqueue("mail text")
        run_tasks()
        self.row = DBTaskResult.objects.get()

    def test_shows_what_was_given_up_but_not_its_arguments(self) -> None:
        self.assertContains(self.client.get(self.path, {"status": "FAILED"}), "moody")
        page = self.client.get(f"{self.path}{self.row.pk}/change/")
        self.assertContains(page, "GiveUp")
        self.assertNotContains(page, "args_kwargs")

    def test_tries_again(self) -> None:
        ALLOWED.append(True)
        data = {"action": "run_again", "_selected_action": [str(self.row.pk)]}
        response = self.client.post(self.path, data, follow=True)
        self.assertContains(response, "1 task will be tried again.")
        history = self.client.get(f"{self.path}{self.row.pk}/history/")
        self.assertContains(history, "Changed status.")
        self.assertNotContains(history, "None")
        run_tasks()
        self.row.refresh_from_db()
        self.assertEqual(self.row.status, "SUCCESSFUL")
        self.assertNotIn("mail text", str(self.row.args_kwargs))

    def test_a_task_that_ends_its_workers_is_given_up(self) -> None:
        old = "2026-01-01T00:00Z"
        DBTaskResult.objects.update(
            status="RUNNING", started_at=old, worker_ids=["w"] * MAX_ATTEMPTS
        )
        self.assertEqual(requeue_lost(), 0)
        self.row.refresh_from_db()
        self.assertEqual(self.row.status, "FAILED")

    def test_old_ones_are_forgotten(self) -> None:
        self.assertEqual(prune_finished(), 0)
        DBTaskResult.objects.update(finished_at="2026-01-01T00:00Z")
        self.assertEqual(prune_finished(), 1)


class ShutdownTests(TestCase):
    def test_a_task_just_claimed_is_finished(self) -> None:
        """The signal comes between claiming and running."""
        ALLOWED[:] = [True]
        moody.enqueue("text")
        worker = RetryingWorker(interval=60)

        def told_to_stop(instance: DBTaskResult, **kwargs: object) -> None:
            if instance.status == "RUNNING" and worker.running:
                worker.shutdown(signal.SIGTERM, None)

        post_save.connect(told_to_stop, DBTaskResult)
        self.addCleanup(post_save.disconnect, told_to_stop, DBTaskResult)
        with (
            patch.object(db_worker, "close_old_connections"),
            patch.object(tasks, "close_old_connections"),
        ):
            worker.run_until_stopped()
        self.assertEqual(DBTaskResult.objects.get().status, "SUCCESSFUL")
        with self.assertRaises(SystemExit):
            worker.shutdown(signal.SIGTERM, None)


class RecipientsTests(TestCase):
    @override_settings(EMAIL_BACKEND="core.mail.QueuedEmailBackend")
    def test_each_recipient_has_a_task(self) -> None:
        from django.core.mail import EmailMessage  # noqa: PLC0415

        EmailMessage("s", "t", to=["a@example.com"], cc=["b@example.com"]).send()
        self.assertEqual(DBTaskResult.objects.count(), 2)

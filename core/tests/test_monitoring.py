"""Logs, slow queries and health checks."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, TestCase, override_settings
from django.urls import path
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from accounts.tests.factories import create_user
from core import health
from core.logs import RequestFilter, client_ip
from core.models import WorkerHeartbeat
from core.slow_queries import install
from core.testing import clear_cached_results, free_port, mail_server, run_tasks
from core.tests.logs import install_handlers
from microblog.settings.logs import logging_config
from microblog.urls import handler404, handler500  # noqa: F401
from microblog.urls import urlpatterns as real
from posts.tests.factories import create_post
from search.tests.base import SearchTestCase


def explode(request: HttpRequest) -> HttpResponse:
    message = "A thing that went wrong"
    raise RuntimeError(message)


def slow(request: HttpRequest) -> HttpResponse:
    User.objects.filter(about_me="slow").exists()
    return HttpResponse("ok")


urlpatterns = [*real, path("explode", explode), path("slow", slow)]


@task()
def slow_task() -> None:
    User.objects.filter(about_me="slow").exists()


@override_settings(ROOT_URLCONF="core.tests.test_monitoring")
class LogTests(TestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.port = free_port()
        self.enterContext(
            override_settings(
                ADMINS=[("", "boss@example.com")],
                DATA_DIR=self.folder,
                EMAIL_HOST="127.0.0.1",
                EMAIL_PORT=self.port,
                EMAIL_TIMEOUT=2,
            )
        )
        backend = "django.core.mail.backends.smtp.EmailBackend"
        self.handlers = install_handlers(
            self, self.folder, backend, logging.getLogger("django.request")
        )
        self.client = Client(raise_request_exception=False)
        self.susan = create_user()
        self.client.force_login(self.susan)

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()

    def test_lines_carry_the_request(self) -> None:
        self.client.get("/nowhere")
        line = self.text("microblog.log")
        self.assertIn(f"GET /nowhere 127.0.0.1 user={self.susan.pk}", line)
        self.assertRegex(
            line, r"\d{4}-\d\d-\d\d .* WARNING: Not Found: /nowhere \[in .*:\d+\]"
        )

    def test_errors_go_to_a_file_and_a_mail_of_their_own(self) -> None:
        with mail_server(self.port) as arrived:
            for _ in range(3):
                response = self.client.get("/explode")
            self.handlers["mail"].flush(30)
        self.assertContains(response, "An unexpected error", status_code=500)
        self.assertIn("A thing that went wrong", self.text("errors.log"))
        (mail,) = arrived  # the same error is told once in ten minutes
        self.assertIn("RuntimeError", mail.get_body(("plain",)).get_content())

    def test_a_dead_mail_server_changes_no_answer(self) -> None:
        with self.assertLogs("core.error_mails", "WARNING"):
            response = self.client.get("/explode")
            self.handlers["mail"].flush(30)
        self.assertContains(response, "An unexpected error", status_code=500)

    def test_a_path_writes_no_line_of_its_own(self) -> None:
        self.client.get("/a%0AERROR: forged")
        lines = self.text("microblog.log").splitlines()
        self.assertFalse([line for line in lines if line.startswith("ERROR: forged")])

    def test_files_turn_over(self) -> None:
        config = logging_config(self.folder, "x")["handlers"]
        self.assertEqual(config["file"]["maxBytes"], 1024 * 1024)
        self.assertEqual(config["file"]["backupCount"], 10)
        self.assertEqual(config["errors"]["backupCount"], 7)
        self.assertEqual(set(logging_config(None, "x")["handlers"]), {"stdout", "mail"})

    def test_outside_a_request(self) -> None:
        record = logging.LogRecord("x", logging.INFO, "f", 1, "m", (), None)
        RequestFilter().filter(record)
        self.assertEqual(record.request_line, "-")

    def test_client_address_behind_trusted_proxies(self) -> None:
        request = RequestFactory().get(
            "/", headers={"x-forwarded-for": "evil, 1.1.1.1, 2.2.2.2"}
        )
        for count, address in (
            (0, "127.0.0.1"),
            (1, "2.2.2.2"),
            (2, "1.1.1.1"),
            (9, "127.0.0.1"),
        ):
            with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=count):
                self.assertEqual(client_ip(request), address)

    def test_every_line_of_a_request_has_a_client(self) -> None:
        for count in (0, 1, 2):
            for forwarded in (None, "", " , ", ",,"):
                headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
                request = RequestFactory().get("/x", headers=headers, REMOTE_ADDR="")
                record = logging.makeLogRecord({"request": request})
                with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=count):
                    RequestFilter().filter(record)
                self.assertEqual(record.request_line, "GET /x 127.0.0.1 user=-")


@override_settings(ROOT_URLCONF="core.tests.test_monitoring")
class SlowQueryTests(TestCase):
    """With a limit of zero every query is slow."""

    def setUp(self) -> None:
        install()
        self.enterContext(override_settings(DATABASE_QUERY_TIMEOUT=0))

    def slow_lines(self, logs: list[str]) -> list[str]:
        return [line for line in logs if "about_me" in line and "WHERE" in line]

    def test_a_request_names_our_line(self) -> None:
        self.client.force_login(create_user())
        with self.assertLogs("microblog.slow_queries", "WARNING") as logs:
            self.client.get("/slow")
        line = self.slow_lines(logs.output)[-1]
        self.assertRegex(
            line, r"Slow query: \d+\.\d{3} s at core/tests/test_monitoring\.py:\d+"
        )
        self.assertIn("parameters: (1, '…')", line)
        self.assertNotIn("'slow'", line)

    def test_the_worker_and_commands_do_too(self) -> None:
        slow_task.enqueue()
        with self.assertLogs("microblog.slow_queries", "WARNING") as logs:
            run_tasks()
            call_command("recount", stdout=StringIO())
        text = "\n".join(logs.output)
        self.assertRegex(text, r"at core/tests/test_monitoring\.py:\d+")
        self.assertRegex(text, r"at social/services\.py:\d+")

    @override_settings(DATABASE_QUERY_TIMEOUT=60)
    def test_quick_queries_are_not_logged(self) -> None:
        with self.assertNoLogs("microblog.slow_queries"):
            User.objects.count()


@contextmanager
def patch_execute(table: str) -> Iterator[None]:
    """Make each write to ``table`` fail as on a full disk."""

    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if table in sql and not sql.startswith("SELECT"):
            message = "database or disk is full"
            raise OperationalError(message)
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        yield


@contextmanager
def patch_gone(*answered: str) -> Iterator[list[str]]:
    """Let statements fail as without a database, but for those that have a text.

    Yields those that failed.
    """
    failed: list[str] = []

    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if any(text in sql for text in answered):
            return execute(sql, *rest)
        failed.append(sql)
        message = "server closed the connection unexpectedly"
        raise OperationalError(message)

    with connection.execute_wrapper(refuse):
        yield failed


class HealthTests(SearchTestCase):
    def setUp(self) -> None:
        super().setUp()
        clear_cached_results()
        self.addCleanup(clear_cached_results)
        WorkerHeartbeat.objects.create(worker_id="w")

    def state(self, name: str) -> str:
        """Return the state of ``name``, which alone fails."""
        clear_cached_results()
        response = self.client.get("/readyz")
        states = response.json()
        self.assertEqual(response.status_code, 503)
        self.assertEqual({k for k, v in states.items() if v != "ok"}, {name})
        return states[name]

    def test_alive_asks_nothing(self) -> None:
        with self.assertNumQueries(0):
            self.assertEqual(self.client.get("/healthz").content, b"ok")

    def test_a_probe_by_the_number_of_the_machine_sends_the_sites_name(self) -> None:
        with self.settings(ALLOWED_HOSTS=["blog.example"]):
            for path_ in ("/healthz", "/readyz"):
                for host, status in (("10.0.0.7:8000", 400), ("blog.example", 200)):
                    response = self.client.get(path_, headers={"host": host})
                    self.assertEqual(response.status_code, status, (path_, host))

    def test_ready(self) -> None:
        response = self.client.get("/readyz")
        self.assertEqual(response.status_code, 200)
        names = ("database", "disk", "worker", "queue", "search", "index")
        self.assertEqual(response.json(), dict.fromkeys(names, "ok"))

    def test_a_database_that_refuses_writes_is_reported(self) -> None:
        self.client.get("/readyz")
        with patch_execute("core_writeprobe"):
            self.assertIn("cannot be written to", self.state("database"))

    def test_an_answer_is_kept_so_that_visitors_cause_no_writes(self) -> None:
        self.client.get("/readyz")
        with self.assertNumQueries(0):
            self.client.get("/readyz")

    def test_a_full_disk_is_reported(self) -> None:
        with mock.patch.object(health, "MIN_FREE_BYTES", 2**80):
            self.assertIn("MB are free", self.state("disk"))

    def test_a_full_disk_of_the_database_is_reported(self) -> None:
        file = Path(self.enterContext(TemporaryDirectory())) / "db.sqlite3"
        file.touch()
        real = shutil.disk_usage

        def usage(folder: Path) -> Any:
            return (
                real(folder)._replace(free=0)
                if folder == file.parent
                else (real(folder))
            )

        with (
            mock.patch.dict(connection.settings_dict, NAME=str(file)),
            mock.patch.object(connection, "vendor", "sqlite"),
            mock.patch("shutil.disk_usage", usage),
        ):
            self.assertIn("the folder of the database", health._disk())

    def test_a_task_that_never_ends_is_reported(self) -> None:
        slow_task.enqueue()
        started = timezone.now() - timedelta(minutes=9)
        DBTaskResult.objects.update(status="RUNNING", started_at=started)
        self.assertEqual(self.client.get("/readyz").status_code, 200)
        started -= timedelta(minutes=2)
        DBTaskResult.objects.update(started_at=started)
        self.assertEqual(self.state("worker"), "a task takes too long")

    def test_a_dead_worker_is_reported_though_no_task_waits(self) -> None:
        old = timezone.now() - timedelta(minutes=5)
        WorkerHeartbeat.objects.update(seen_at=old)
        self.assertEqual(self.state("worker"), "no worker is alive")
        WorkerHeartbeat.objects.update(seen_at=timezone.now(), beats=-1)
        self.assertEqual(self.state("worker"), "no worker is alive")

    def test_a_worker_that_beat_before_the_clock_was_set_back_is_none(self) -> None:
        later = timezone.now() + timedelta(minutes=5)
        WorkerHeartbeat.objects.update(seen_at=later)
        self.assertEqual(self.state("worker"), "no worker is alive")

    def test_an_index_that_lost_documents_is_reported(self) -> None:
        susan = create_user()
        for number in range(30):
            create_post(susan, f"lake {number}")
        self.assertEqual(self.client.get("/readyz").json()["index"], "ok")  # they wait
        DBTaskResult.objects.all().delete()
        self.assertIn("31 documents differ", self.state("index"))
        call_command("rebuild_search", stdout=StringIO(), stderr=StringIO())
        clear_cached_results()
        self.assertEqual(self.client.get("/readyz").json()["index"], "ok")

    def test_an_empty_index_of_a_small_site_is_reported(self) -> None:
        create_post(create_user(), "lake")
        DBTaskResult.objects.all().delete()
        self.assertIn("2 documents differ", self.state("index"))

    def test_a_change_of_the_index_that_was_given_up_is_reported(self) -> None:
        create_user()
        DBTaskResult.objects.update(status="FAILED", finished_at=timezone.now())
        self.assertIn("given up", self.state("index"))

    def test_what_has_just_been_indexed_is_no_trouble(self) -> None:
        """It may have been added between two counts; later it is a loss."""
        create_user()
        now = timezone.now()
        DBTaskResult.objects.update(status="SUCCESSFUL", finished_at=now)
        self.assertEqual(self.client.get("/readyz").status_code, 200)
        DBTaskResult.objects.update(finished_at=now - timedelta(minutes=2))
        self.assertIn("1 documents differ", self.state("index"))

    def test_a_queue_that_waits_is_reported(self) -> None:
        slow_task.enqueue()
        self.assertEqual(self.client.get("/readyz").status_code, 200)
        clear_cached_results()
        past = timezone.now() - timedelta(minutes=9)
        DBTaskResult.objects.update(enqueued_at=past)
        response = self.client.get("/readyz")
        self.assertEqual(response.status_code, 503)
        self.assertIn("worker", response.json()["queue"])

    def test_a_task_that_waits_for_its_next_attempt_is_no_trouble(self) -> None:
        slow_task.enqueue()
        DBTaskResult.objects.update(
            enqueued_at=timezone.now() - timedelta(hours=9),
            run_after=timezone.now() + timedelta(hours=1),
        )
        self.assertEqual(self.client.get("/readyz").status_code, 200)

    def test_a_broken_index_is_reported(self) -> None:
        self.use_index(Path("/proc/nowhere"))
        response = self.client.get("/readyz")
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response.json()["search"], "cannot be read")

    def test_a_database_that_is_gone_is_reported(self) -> None:
        clear_cached_results()
        with mock.patch.object(connection, "cursor", side_effect=DatabaseError):
            response = self.client.get("/readyz")
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response.json()["database"], "cannot be reached")

    def test_a_database_that_is_gone_is_asked_once(self) -> None:
        """One that hangs would let each check wait as long."""
        with patch_gone() as failed:
            states = self.client.get("/readyz").json()
        self.assertEqual(failed, ["SELECT 1"])
        for name in ("worker", "queue", "index"):
            self.assertEqual(states[name], "the database cannot be reached")
        for name in ("disk", "search"):
            self.assertEqual(states[name], "ok")

    def test_a_database_that_is_back_is_told_by_every_check(self) -> None:
        """Five seconds later, also by those that keep their answers for longer."""
        clock = self.enterContext(mock.patch.object(health, "time"))
        clock.monotonic.return_value = 1000.0
        # Gone before the first check, and just after it.
        for answered in ((), ("SELECT 1", "SAVEPOINT", "core_writeprobe")):
            with self.subTest(answered), patch_gone(*answered):
                index = self.client.get("/readyz").json()["index"]
                self.assertEqual(index, "the database cannot be reached")
            clock.monotonic.return_value += 5.1
            response = self.client.get("/readyz")
            self.assertEqual(response.status_code, 200, response.json())
            clock.monotonic.return_value += 100

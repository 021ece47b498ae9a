"""Mails to administrators: no secrets, limited, and no request waits for them."""

import fcntl
import json
import logging
import os
import re
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedRedirect
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.test import Client, RequestFactory, TestCase, override_settings
from django.urls import URLResolver, get_resolver, path
from django.utils.regex_helper import normalize
from django.views.debug import get_exception_reporter_class
from gunicorn.config import Config

from accounts.tests.factories import create_user
from core.error_mails import MAX_MAILS_PER_HOUR, QUEUE_SIZE, STATE_FILE
from core.errors import bad_request
from core.gunicorn_logs import RedactingLogger
from core.logs import MAX_REFUSALS_PER_MINUTE, MESSAGE_LENGTH, CauseFilter
from core.redaction import redact
from core.testing import free_port, http_server, mail_server
from core.tests.logs import install_handlers
from core.tests.test_full_disk import full_disk
from microblog.urls import handler400, handler404, handler500  # noqa: F401
from microblog.urls import urlpatterns as real
from posts.tests.factories import create_post

PASSWORD = 'p@ss/wörd "1"\'&<'
QUOTED = "p%40ss%2Fw%C3%B6rd%20%221%22%27%26%3C"
SECRETS = {
    "SECRET_KEY": "the-key-of-this-site",
    "DATABASE_URL": f"postgres://site:{QUOTED}@db.example/site",
    "CACHE_URL": "rediscache://:of-the-cache@cache.example:6379/0",
    "SEARCH_URL": "elasticsearch://me:of-the-index@search.example/x",
    "EMAIL_CONFIG": {"OPTIONS": [{"password": "of-the-mail-server"}]},
    "OIDC_PROVIDERS": [{"id": "work", "secret": "of-the-provider"}],
    "TRANSLATOR_KEY": "of-the-translator",
    "TRANSLATOR_URL": "https://translate.example/?api_key=in-the-query",
}
PLAIN = (
    "the-key-of-this-site",
    PASSWORD,
    QUOTED,
    "of-the-cache",
    "of-the-index",
    "of-the-mail-server",
    "of-the-provider",
    "of-the-translator",
    "in-the-query",
)
CODE = 424_241 + 1  # not literally in this source, which Django's page quotes
ADDRESS = "/x?key=in-the-address"
FACTORY = RequestFactory()


def explode(request: HttpRequest) -> HttpResponse:
    message = f"no answer: {PASSWORD} and {SECRETS} {request.GET.get('say', '')}"
    raise RuntimeError(message)


def hostile_request() -> HttpRequest:
    request = FACTORY.post(ADDRESS, {"code": str(CODE)})
    request.META["DATABASE_URL"] = "of-the-process"
    request.COOKIES = {"sessionid": "of-a-session", "other": "of-a-cookie"}
    return request


def numbered(request: HttpRequest, number: int) -> HttpResponse:
    # A different error for each number, because its text is the format.
    logging.getLogger("django.request").error(f"Trouble {number}")  # noqa: G004
    return HttpResponse("ok")


def unreadable(request: HttpRequest) -> HttpResponse:
    raise UnreadablePostError


def redirect(request: HttpRequest) -> HttpResponse:
    raise DisallowedRedirect("\n2026-11-21 ERROR: forged")


urlpatterns = [
    *real,
    path("explode", explode),
    path("numbered/<int:number>", numbered),
    path("unreadable", unreadable),
    path("redirect", redirect),
]


def fail_with(local: str) -> None:
    raise RuntimeError(local)


@contextmanager
def silent_mail_server() -> Iterator[int]:
    """Accept connections, and never send a byte."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        accepted: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    accepted.append(server.accept()[0])
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in accepted:
            connection.close()


class ErrorMailTestCase(TestCase):
    """Production's handlers on every logger, with a folder of their own."""

    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.port = free_port()
        self.enterContext(
            override_settings(
                ROOT_URLCONF="core.tests.test_error_mails",
                ADMINS=[("", "boss@example.com")],
                DATA_DIR=self.folder,
                EMAIL_HOST="127.0.0.1",
                EMAIL_PORT=self.port,
                EMAIL_TIMEOUT=60,
            )
        )
        backend = "django.core.mail.backends.smtp.EmailBackend"
        self.handlers = install_handlers(
            self, self.folder, backend, logging.getLogger()
        )
        self.client = Client(raise_request_exception=False)
        self.client.force_login(create_user())

    def flush(self) -> None:
        self.handlers["mail"].flush(60)  # type: ignore[call-arg]

    def text(self, name: str) -> str:
        file = self.folder / name
        return file.read_text() if file.exists() else ""


def links_of_mails(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    """Yield each URL of the site that takes a token or a key, filled with one."""
    for entry in resolver.url_patterns:
        regex = prefix + entry.pattern.regex.pattern.removeprefix("^")
        if isinstance(entry, URLResolver):
            yield from links_of_mails(entry, regex)
        else:
            for form, names in normalize(regex.replace("\\Z", "$")):
                if {"token", "key"} & set(names):
                    yield "/" + form.lstrip("/") % dict.fromkeys(names, "s3cret-s3cret")


class SecretTests(ErrorMailTestCase):
    """No secret in any setting's plain text, mail or log."""

    def test_no_link_that_works_once_or_by_its_secrecy(self) -> None:
        links = list(links_of_mails(get_resolver()))
        self.assertGreater(len(links), 3)
        for link in links:
            self.assertNotIn("s3cret", redact(f"GET {link} 127.0.0.1"), link)

    @override_settings(**SECRETS)
    def test_mails_and_logs_have_none(self) -> None:
        self.client.force_login(create_user("maria"))  # sessions depend on the key
        secret_form = {"password": "of-the-form", "code": "424242"}
        self.client.cookies["sessionid2"] = "of-a-cookie"
        with mail_server(self.port) as arrived:
            self.client.post(
                "/explode?code=from-a-provider&say=hello",
                secret_form,
                headers={"authorization": "Bearer of-a-header"},
            )
            self.flush()
        (mail,) = arrived
        said = mail["Subject"] + mail.get_content()
        written = self.text("microblog.log") + self.text("errors.log")
        session = self.client.cookies["sessionid"].value
        others = (
            *secret_form.values(),
            "of-a-cookie",
            "from-a-provider",
            "of-a-header",
            session,
        )
        for text in (said, written):
            self.assertIn("RuntimeError: no answer: ********", text)
            self.assertIn("POST /explode", text)
            for secret in (*PLAIN, *others):
                self.assertNotIn(secret, text)

    @override_settings(**SECRETS)
    def test_what_django_tells_of_settings_and_requests_has_none(self) -> None:
        request = hostile_request()
        try:
            fail_with(f"it was {PASSWORD}")
        except RuntimeError:
            reporter = get_exception_reporter_class(request)(request, *sys.exc_info())
        for text in (reporter.get_traceback_html(), reporter.get_traceback_text()):
            self.assertIn("RuntimeError", text)
            self.assertIn("DATABASE_URL", text)
            for secret in (
                *PLAIN,
                str(CODE),
                "in-the-address",
                "of-the-process",
                "of-a-session",
                "of-a-cookie",
            ):
                self.assertNotIn(secret, text)

    def test_links_that_work_once_are_not_logged(self) -> None:
        for path_, secret in (
            ("/account/password/reset/key/1-of-a-reset/", "1-of-a-reset"),
            ("/account/confirm-email/Mg:of-an-address/", "of-an-address"),
            ("/nowhere/feed/of-a-feed", "of-a-feed"),
        ):
            self.client.post(path_, {"x": "y"})
            logging.getLogger("core").warning("Gone: %s", path_)
            self.assertNotIn(secret, self.text("microblog.log"))

    def test_gunicorns_log_has_no_keys_of_links(self) -> None:
        environ = {
            "REQUEST_METHOD": "GET",
            "RAW_URI": "/account/password/reset/key/1-of-a-reset/?code=of-a-provider",
            "PATH_INFO": "/account/password/reset/key/1-of-a-reset/",
            "QUERY_STRING": "code=of-a-provider",
            "SERVER_PROTOCOL": "HTTP/1.1",
        }
        response = SimpleNamespace(status="200 OK", headers=[], sent=1)
        logger = RedactingLogger(Config())
        line = logger.atoms(response, [], environ, timedelta())
        text = (settings.BASE_DIR / "gunicorn.conf.py").read_text()
        self.assertIn(f"{RedactingLogger.__module__}.RedactingLogger", text)
        self.assertIn("/account/password/reset/key/********", line["r"])
        self.assertNotRegex(str(line), "of-a-reset|of-a-provider")

    def test_what_looks_like_a_password_of_a_server_is_hidden(self) -> None:
        self.assertEqual(
            redact("at mysql://me:hidden@db.example/x or redis://:hidden@h"),
            "at mysql://me:********@db.example/x or redis://:********@h",
        )

    def test_a_secret_in_a_query_is_hidden_however_it_is_quoted(self) -> None:
        with self.settings(TRANSLATOR_KEY="a/b c+d"):
            for text in ("a%2Fb%20c%2Bd", "a%2Fb+c%2Bd", "a/b c+d"):
                self.assertEqual(redact(f"x {text} y"), "x ******** y", text)

    def test_names_of_settings_that_are_secret(self) -> None:
        for name in (
            "SECRET_KEY",
            "AWS_SECRET",
            "SENTRY_DSN",
            "X_CREDENTIALS",
            "DB_PASSWORD",
            "DB_PASSWD",
            "DB_PWD",
            "DB_PASS",
            "SECRET_KEY_FALLBACKS",
            "AUTH_TOKEN",
            "API_KEY",
        ):
            with self.settings(**{name: "quite-unheard-of"}):
                self.assertNotIn("quite-unheard-of", redact("x quite-unheard-of"), name)


class CauseTests(ErrorMailTestCase):
    """Errors caused by visitors or other servers are not application errors."""

    def assert_no_error(self) -> None:
        self.flush()
        self.assertEqual(self.text("errors.log"), "")
        self.assertNotRegex(self.text("microblog.log"), r"(?m)^\S+ \S+ ERROR:")
        self.assertFalse((self.folder / STATE_FILE).exists(), "A mail was counted.")

    def test_a_bad_host(self) -> None:
        for host in ("evil.example", "a_b", "x" * 300, "[::1", "evil.example:99999"):
            response = self.client.get("/", headers={"host": host})
            self.assertEqual(response.status_code, 400)
        self.assert_no_error()
        self.assertIn("WARNING: Invalid HTTP_HOST", self.text("microblog.log"))

    def test_refusals_write_so_many_lines_a_minute(self) -> None:
        bound = CauseFilter()
        kept = 0
        for number in range(1000):
            error = f"Invalid HTTP_HOST header: {number}"
            record = logging.LogRecord(
                "django.security.DisallowedHost", logging.ERROR, "f", 1, error, (), None
            )
            kept += bound.filter(record)
            self.assertEqual(record.levelno, logging.WARNING)
        self.assertIn(
            kept, range(MAX_REFUSALS_PER_MINUTE, 2 * MAX_REFUSALS_PER_MINUTE + 1)
        )

    def test_requests_that_no_browser_sends(self) -> None:
        fields = {f"f{number}": "x" for number in range(1001)}
        self.assertEqual(self.client.post("/", fields).status_code, 400)
        with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10):
            response = self.client.post("/", {"body": "x" * 100})
        self.assertEqual(response.status_code, 413)
        for content_type in (
            "multipart/form-data",
            "multipart/form-data; boundary=\xff",
            "application/x-www-form-urlencoded; charset=nonsense",
        ):
            response = self.client.generic("POST", "/", b"\xff", content_type)
            self.assertLess(response.status_code, 500, content_type)
        self.assertEqual(self.client.get("/redirect").status_code, 400)
        self.client.get("/unreadable")
        self.client.cookies["sessionid"] = "\x00" * 50
        self.client.get("/")
        self.assert_no_error()
        lines = self.text("microblog.log").splitlines()
        self.assertFalse([line for line in lines if line.startswith("2026-11-21 ERR")])

    def test_a_translation_that_fails(self) -> None:
        post = create_post(create_user("maria"), "Hola a todo el mundo", language="es")
        with (
            http_server() as server,
            override_settings(
                TRANSLATOR="libretranslate",
                TRANSLATOR_URL=server.url,
                TRANSLATOR_KEY="",
            ),
        ):
            server.status = 500
            response = self.client.post(f"/post/{post.pk}/translate")
        self.assertEqual(response.status_code, 502)
        self.assert_no_error()
        self.assertIn("could not be translated", self.text("microblog.log"))

    def test_the_page_of_a_bad_request_is_ours(self) -> None:
        request = RequestFactory().get("/")
        self.assertEqual(bad_request(request, Exception()).status_code, 400)


class BoundsTests(ErrorMailTestCase):
    """A limit for each hour, over all processes, and no waiting in the request."""

    def mail_alone(self, number: int) -> None:
        """Pass a new kind of error to the handler that mails."""
        error = f"Trouble {number}"
        record = logging.LogRecord("x", logging.ERROR, "f", 1, error, (), None)
        self.handlers["mail"].handle(record)

    def test_requests_do_not_wait_for_a_mail_server_that_hangs(self) -> None:
        with silent_mail_server() as port, override_settings(EMAIL_PORT=port):
            start = time.monotonic()
            for number in range(12):
                self.assertEqual(self.client.get(f"/numbered/{number}").content, b"ok")
            self.assertLess(time.monotonic() - start, settings.EMAIL_TIMEOUT / 2)
        with self.assertLogs("core.error_mails", "WARNING"):
            logging.getLogger("core.error_mails").warning("(one at least)")
            self.flush()

    def test_more_errors_than_the_queue_holds_are_dropped_and_counted(self) -> None:
        with silent_mail_server() as port, override_settings(EMAIL_PORT=port):
            for number in range(QUEUE_SIZE + 20):
                self.mail_alone(number)
            held = self.handlers["mail"]._queue.qsize()  # type: ignore[attr-defined]
            self.assertLessEqual(held, QUEUE_SIZE)
        self.handlers["mail"].close()
        with mail_server(self.port) as arrived:
            self.flush()
        # Each was mailed, told by number, or waits to be told by number.
        counted = len(arrived)
        counted += json.loads((self.folder / STATE_FILE).read_text())["left_out"]
        for mail in arrived:
            if told := re.search(r"since the last mail: (\d+)\.", mail.get_content()):
                counted += int(told[1])
        self.assertEqual(counted, QUEUE_SIZE + 20)

    def test_a_full_disk_is_told_in_the_same_bounds(self) -> None:
        for content in (None, "{}", "no JSON"):
            with self.subTest(content=content), mail_server(self.port) as arrived:
                file = self.folder / STATE_FILE
                file.unlink(missing_ok=True)
                if content is not None:
                    file.write_text(content)
                with full_disk():
                    for number in (1, 1, *range(MAX_MAILS_PER_HOUR + 7)):
                        self.mail_alone(number)
                        self.flush()
                self.assertEqual(len(arrived), MAX_MAILS_PER_HOUR)
                # With room again, the file has what was counted in the meantime.
                self.mail_alone(1)
                self.flush()
                self.assertEqual(len(arrived), MAX_MAILS_PER_HOUR)
                counts = json.loads(file.read_text())
                self.assertEqual(counts["sent"], MAX_MAILS_PER_HOUR)
                self.assertEqual(counts["left_out"], 7 + 1)

    def test_a_folder_that_cannot_be_written_is_told(self) -> None:
        (self.folder / STATE_FILE).mkdir()
        with mail_server(self.port) as arrived:
            for _ in range(2):
                self.mail_alone(1)
                self.flush()
        self.assertEqual(len(arrived), 1)

    def test_so_many_an_hour_and_the_next_says_how_many_were_left_out(self) -> None:
        with mail_server(self.port) as arrived:
            for number in range(27):
                self.mail_alone(number)
                self.flush()
            self.assertEqual(len(arrived), 20)
            file = self.folder / STATE_FILE
            counts = json.loads(file.read_text())
            file.write_text(json.dumps({**counts, "since": time.time() - 3601}))
            self.client.get("/numbered/99")
            self.flush()
        self.assertIn("since the last mail: 7.", arrived[-1].get_content())
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)

    def test_all_processes_share_the_bound(self) -> None:
        code = """
import django, logging; django.setup()
for number in range(10):
    logging.getLogger("x").error("Trouble %s of " + str(number), 1)
"""
        environment = {
            "PATH": os.environ["PATH"],
            "ENV_FILE": os.devnull,
            "DATA_DIR": str(self.folder),
            "DJANGO_SETTINGS_MODULE": "microblog.settings.production",
            "SECRET_KEY": "k7Zp-a-long-and-random-enough-key-for-this-test-0123456789",
            "ALLOWED_HOSTS": "blog.example",
            "SITE_URL": "https://blog.example",
            "LOG_TO_STDOUT": "true",
            "ADMINS": "boss@example.com",
            "EMAIL_URL": f"smtp://127.0.0.1:{self.port}",
        }
        full = {"since": time.time(), "sent": MAX_MAILS_PER_HOUR - 5, "left_out": 0}
        (self.folder / STATE_FILE).write_text(json.dumps(full))
        command = [sys.executable, "-W", "ignore", "-c", code]
        with mail_server(self.port) as arrived:
            processes = [
                subprocess.Popen(
                    command,
                    cwd=settings.BASE_DIR,
                    env=environment,
                    stdout=subprocess.DEVNULL,
                )
                for _ in range(2)
            ]
            for process in processes:
                self.assertEqual(process.wait(60), 0)
        self.assertEqual(len(arrived), 5)
        left_out = json.loads((self.folder / STATE_FILE).read_text())["left_out"]
        for mail in arrived:
            if told := re.search(r"since the last mail: (\d+)\.", mail.get_content()):
                left_out += int(told[1])
        self.assertEqual(left_out, 20 - 5)

    def test_a_mail_server_that_is_down_is_reported_later(self) -> None:
        with self.assertLogs("core.error_mails", "WARNING"):
            self.client.get("/numbered/1")
            self.flush()
        with mail_server(self.port) as arrived:
            self.client.get("/numbered/2")
            self.flush()
        (mail,) = arrived
        self.assertIn("since the last mail: 1.", mail.get_content())

    def test_lines_and_tracebacks_are_bounded_and_forge_nothing(self) -> None:
        self.client.get("/a" + "b" * 50_000)
        self.client.get("/explode?say=x%0A2026-11-21 ERROR: forged" + "y" * 50_000)
        lines = self.text("microblog.log").splitlines()
        self.assertLess(max(map(len, lines)), 7 * MESSAGE_LENGTH)
        self.assertFalse([line for line in lines if line.startswith("2026-11-21 ERR")])

    def test_a_clock_that_was_set_back_keeps_no_mail_back(self) -> None:
        tomorrow = {
            "since": time.time() + 86400,
            "sent": MAX_MAILS_PER_HOUR,
            "left_out": 3,
        }
        (self.folder / STATE_FILE).write_text(json.dumps(tomorrow))
        with mail_server(self.port) as arrived:
            self.mail_alone(1)
            self.flush()
        (mail,) = arrived
        self.assertIn("since the last mail: 3.", mail.get_content())

    def test_nor_an_error_that_was_told_in_the_future(self) -> None:
        file = self.folder / STATE_FILE
        with mail_server(self.port) as arrived:
            self.mail_alone(1)
            self.flush()
            counts = json.loads(file.read_text())
            counts["kinds"] = {kind: at + 86400 for kind, at in counts["kinds"].items()}
            file.write_text(json.dumps(counts))
            self.mail_alone(1)
            self.flush()
        self.assertEqual(len(arrived), 2)

    def test_what_was_left_out_is_not_forgotten_when_a_mail_fails(self) -> None:
        file = self.folder / STATE_FILE
        file.write_text(json.dumps({"since": time.time(), "sent": 0, "left_out": 7}))
        with self.assertLogs("core.error_mails", "WARNING"):
            self.mail_alone(1)  # nobody listens
            self.flush()
        self.assertEqual(json.loads(file.read_text())["left_out"], 8)

    def test_nobody_writes_while_another_process_counts(self) -> None:
        file = self.folder / STATE_FILE
        counts = json.dumps({"since": time.time(), "sent": 0, "left_out": 2})
        file.write_text(counts)
        handler = self.handlers["mail"]
        with mail_server(self.port) as arrived:
            with file.open() as held:
                fcntl.flock(held, fcntl.LOCK_EX)
                self.mail_alone(1)
                handler.flush(0.3)  # type: ignore[call-arg]
                self.assertEqual((arrived, file.read_text()), ([], counts))
            self.flush()
        (mail,) = arrived
        self.assertIn("since the last mail: 2.", mail.get_content())

    def test_a_forked_process_has_neither_thread_nor_mails(self) -> None:
        """The parent's thread is missing, and its mails are not the child's."""
        with self.assertLogs("core.error_mails", "WARNING"):
            self.mail_alone(1)  # nobody listens
            self.flush()
        handler: Any = self.handlers["mail"]
        read, write = os.pipe()
        # Python warns of a fork beside threads, which is what is tested here.
        with warnings.catch_warnings(action="ignore"):
            pid = os.fork()
        if not pid:
            try:
                fresh = handler._thread is None and handler._queue.empty()
                os.write(write, b"%d" % fresh)
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        os.close(write)
        self.addCleanup(os.close, read)
        self.assertEqual(os.read(read, 1), b"1")

"""No line about a slow query holds what somebody wrote or what signs somebody in."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client, TestCase, override_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from accounts.feed_keys import renew_feed_key
from accounts.tests.factories import PASSWORD, create_user
from core.slow_queries import install
from core.testing import run_tasks

CODE = r"^\w{3,5}-\w{3,5}$"
POST = {"language": "", "submission": "7"}


@override_settings(
    DATABASE_QUERY_TIMEOUT=0,
    EMAIL_BACKEND="core.mail.QueuedEmailBackend",
    DELIVERY_EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
)
class SlowQuerySecretsTests(TestCase):
    """With a limit of nothing every query is slow."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan")
        EmailAddress.objects.create(
            user=cls.susan, email=cls.susan.email, verified=True, primary=True
        )

    def setUp(self) -> None:
        cache.clear()
        install()

    @contextmanager
    def lines(self) -> Iterator[list[str]]:
        """Yield what will hold the lines of the block."""
        text: list[str] = []
        with self.assertLogs("microblog.slow_queries", "WARNING") as logs:
            yield text
        text += [record.getMessage() for record in logs.records]

    def last_mail(self) -> str:
        run_tasks()
        return str(mail.outbox[-1].body)

    def none_of(self, lines: list[str], *secrets: str) -> None:
        text = "\n".join(lines)
        self.assertGreater(len(lines), 1)
        for secret in secrets:
            self.assertGreater(len(secret), 4)
            self.assertNotIn(secret, text)
            self.assertNotIn(json.dumps(secret)[1:-1], text)

    def test_the_session(self) -> None:
        with self.lines() as lines:
            login = {"login": "susan", "password": PASSWORD}
            self.client.post("/account/login/", login)
            key = self.client.session.session_key or ""
            self.client.get("/")
            self.client.post("/account/logout/")
        self.none_of(lines, key, PASSWORD, self.susan.email)

    def test_codes_and_links_in_mails(self) -> None:
        for path, pattern in (
            ("/account/login/code/", CODE),
            ("/account/password/reset/", r"reset/key/(\S+?)/"),
        ):
            with self.subTest(path=path):
                with self.lines() as lines:
                    Client().post(path, {"email": self.susan.email})
                    text = self.last_mail()
                secrets = re.findall(pattern, text, re.MULTILINE)
                self.none_of(lines, *secrets, self.susan.email)
                self.assertEqual(len(secrets), 1)

    def test_texts_and_the_secret_of_feeds(self) -> None:
        self.client.force_login(self.susan)
        with self.lines() as lines:
            renew_feed_key(self.susan)
            self.client.post("/", POST | {"body": "A secret's text"})
            self.client.post("/profile", {"username": "susan", "about_me": "shy one"})
            run_tasks()
        self.none_of(lines, self.susan.feed_secret, "A secret's text", "shy one")

    def test_a_text_within_the_statement(self) -> None:
        with self.lines() as lines, connection.cursor() as cursor:
            cursor.execute("SELECT 'it''s hidden', 17")
            cursor.execute("SELECT 18")
        self.none_of(lines, "hidden")
        self.assertIn("17", lines[0])

    def test_numbers_and_times_are_shown(self) -> None:
        now = timezone.now()
        with self.lines() as lines:
            list(DBTaskResult.objects.filter(run_after=now, priority=-1234567))
            list(DBTaskResult.objects.filter(priority=7, queue_name="some" * 200))
        self.assertIn("-1234567", lines[0])
        if connection.vendor == "postgresql":  # the others are handed times as texts
            self.assertIn(str(now.year), lines[0].rpartition("parameters: ")[2])
        self.assertRegex(lines[1], r"parameters: \(7, '…'\)$|\('…', 7\)$")

"""Rate limits are exact, and nothing evicts them."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import (
    Client,
    RequestFactory,
    TestCase,
    TransactionTestCase,
    override_settings,
)
from django.urls import path

from accounts.models import User
from accounts.tests.factories import create_user
from core.database_cache import PURGE_ROWS, purge_expired
from core.models import CacheEntry
from core.tasks import RetryingWorker
from microblog.urls import urlpatterns as real


@login_not_required
def count_then_fail(request: HttpRequest) -> HttpResponse:
    cache.add("counted", [1], 60)
    create_user("half")
    message = "after what was counted"
    raise RuntimeError(message)


urlpatterns = [*real, path("count", count_then_fail)]


class CacheTests(TestCase):
    def test_keeps_each_entry_until_it_expires(self) -> None:
        cache.set("list", [1.5, 2], 60)
        self.assertEqual(cache.get("list"), [1.5, 2])
        self.assertFalse(cache.add("list", "other", 60))
        self.assertTrue(cache.touch("list", -1))
        self.assertIsNone(cache.get("list"))
        self.assertFalse(cache.touch("list", 60))
        self.assertTrue(cache.add("list", "new", 60))
        self.assertEqual(cache.get("list"), "new")
        self.assertTrue(cache.delete("list"))
        self.assertFalse(cache.delete("list"))
        cache.set("ever", True, None)
        self.assertIs(cache.get("ever"), True)

    def test_keys_differ_by_case_and_hold_no_name(self) -> None:
        cache.set("ñandú", 1)
        cache.set("ÑANDÚ", 2)
        cache.set("x" * 1000, 3)
        self.assertEqual([cache.get("ñandú"), cache.get("ÑANDÚ")], [1, 2])
        self.assertFalse(CacheEntry.objects.filter(key__contains="and").exists())

    def test_reading_never_writes(self) -> None:
        cache.set("old", 1, -1)
        with self.assertNumQueries(1):
            self.assertIsNone(cache.get("old"))
        self.assertEqual(CacheEntry.objects.count(), 1)

    def test_the_worker_deletes_what_has_expired_and_nothing_else(self) -> None:
        CacheEntry.objects.bulk_create(
            CacheEntry(key=str(number), value="1", expires=number, lifetime=0)
            for number in range(PURGE_ROWS * 2 + 1)
        )
        cache.set("live", 1, 60)
        self.assertEqual(purge_expired(PURGE_ROWS), PURGE_ROWS)
        RetryingWorker()._prune()
        self.assertEqual(CacheEntry.objects.count(), 1)
        self.assertEqual(cache.get("live"), 1)

    def test_what_is_renewed_while_it_is_deleted_stays(self) -> None:
        """Between the look at what has expired and its deletion."""
        cache.set("old", "first", -1)
        renewed: list[bool] = []

        def renew(
            execute: Callable[..., object], sql: str, params: Any, *rest: Any
        ) -> object:
            if not renewed and sql.startswith("DELETE"):
                renewed.append(True)
                cache.set("old", "second", 60)
            return execute(sql, params, *rest)

        with connection.execute_wrapper(renew):
            purge_expired(PURGE_ROWS)
        self.assertEqual(renewed, [True])
        self.assertEqual(cache.get("old"), "second")

    def test_the_table_stays_bounded_without_a_worker(self) -> None:
        CacheEntry.objects.bulk_create(
            CacheEntry(key=str(number), value="1", expires=0, lifetime=0)
            for number in range(99)
        )
        # One write in 64 purges: that none of 2,000 does has the chance of 2e-14.
        for number in range(2000):
            cache.set("live", number, 60)
            if CacheEntry.objects.count() == 1:
                break
        self.assertEqual(CacheEntry.objects.get().value, str(number))


@override_settings(ROOT_URLCONF="core.tests.test_database_cache")
class TransactionTests(TransactionTestCase):
    def test_what_is_counted_outlives_a_failed_request(self) -> None:
        client = Client(raise_request_exception=False)
        self.assertEqual(client.post("/count").status_code, 500)
        self.assertEqual(cache.get("counted"), [1])
        self.assertFalse(User.objects.exists())

    def test_what_is_counted_after_a_write_shares_its_fate(self) -> None:
        with self.assertRaises(ZeroDivisionError), transaction.atomic():
            cache.add("counted", 1, 60)
            _ = 1 / 0
        self.assertIsNone(cache.get("counted"))


GUESS = """
import sys, django
django.setup()
from django.core.cache import cache
from django.test import RequestFactory
from django.core.exceptions import ValidationError
from allauth.account.adapter import get_adapter
import threading
passed = []
def guess(number):
    request = RequestFactory(REMOTE_ADDR=f"10.9.{sys.argv[1]}.{number}").post("/")
    try:
        get_adapter().pre_authenticate(request, username="susan")
    except ValidationError:
        return
    passed.append(number)
print("ready", flush=True)
sys.stdin.readline()
threads = [threading.Thread(target=guess, args=(number,)) for number in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(passed), flush=True)
"""


class SimultaneousTests(TransactionTestCase):
    """Several processes with several threads guess at the same moment."""

    def setUp(self) -> None:
        folder = Path(self.enterContext(TemporaryDirectory()))
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "microblog.settings.test",
            "DATABASE_URL": self.database_url(folder),
        }

    def database_url(self, folder: Path) -> str:
        """Return the URL of the test database; SQLite's in memory is no file."""
        if connection.vendor != "sqlite":
            name = settings.DATABASES["default"]["NAME"]
            address, _, _ = os.environ["DATABASE_URL"].rpartition("/")
            return f"{address}/{name}"
        file = folder / "db.sqlite3"
        target = sqlite3.connect(file)
        with closing(target):
            connection.ensure_connection()
            connection.connection.backup(target)
            target.execute("PRAGMA journal_mode=WAL")
        return f"sqlite:///{file}"

    def test_exactly_five_pass(self) -> None:
        processes = [
            self.enterContext(
                subprocess.Popen(
                    [sys.executable, "-c", GUESS, str(number)],
                    env=self.environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for number in range(3)
        ]
        for process in processes:
            self.assertEqual(process.stdout.readline(), "ready\n")
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        passed = [int(process.stdout.readline()) for process in processes]
        self.assertEqual(sum(passed), 5, passed)


class AttackTests(TestCase):
    """Visitors send what they like; the limits hold."""

    def setUp(self) -> None:
        self.susan = create_user("susan")
        EmailAddress.objects.create(
            user=self.susan, email=self.susan.email, verified=True, primary=True
        )

    def guess(self, number: int) -> bool:
        """Sign in from a new IP address; return whether the password was checked."""
        response = Client(REMOTE_ADDR=f"10.0.{number // 250}.{number % 250}").post(
            "/account/login/", {"login": "susan", "password": "x"}
        )
        (error,) = response.context["form"].non_field_errors().as_data()
        return error.code != "too_many_login_attempts"

    def junk(self, first: int, last: int) -> None:
        """Try unknown names, each from a new IP address."""
        for number in range(first, last):
            address = f"10.1.{number // 250}.{number % 250}"
            request = RequestFactory(REMOTE_ADDR=address).post("/account/login/")
            get_adapter().pre_authenticate(request, username=f"junk{number}")

    def test_junk_from_everywhere_lets_no_guess_through(self) -> None:
        """960 junk requests used to make 25 guesses of 5."""
        passed = 0
        for batch in range(6):
            self.junk(batch * 160, batch * 160 + 160)
            passed += sum(self.guess(batch * 4 + number) for number in range(4))
        self.assertEqual(passed, 5)

    def test_a_used_code_stays_used(self) -> None:
        secret = generate_totp_secret()
        totp = TOTP.activate(self.susan, secret)
        counter = list(yield_hotp_counters_from_time())[-1]
        code = format_hotp_value(hotp_value(secret, counter))
        self.assertTrue(totp.validate_code(code))
        self.junk(0, 320)
        totp = Authenticator.objects.get(type="totp").wrap()
        self.assertFalse(totp.validate_code(code))

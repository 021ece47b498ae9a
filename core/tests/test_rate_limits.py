"""A limit is asked in one way, by two statements, and is exact."""

from __future__ import annotations

import time
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory, SimpleTestCase, TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import create_user
from core.ids import MAX_AHEAD
from core.models import CacheEntry
from core.rate_limits import consume, forget, give_back
from core.rates import Rate, parse_rates


class ParsingTests(SimpleTestCase):
    def test_django_allauths_notation(self) -> None:
        for text, rates in (
            ("20/m/ip", [Rate(20, 60, "ip")]),
            ("20/m", [Rate(20, 60, "ip")]),
            ("5/15m/key, 9/1.5h/user", [Rate(5, 900, "key"), Rate(9, 5400, "user")]),
            ("1/d/key", [Rate(1, 86400, "key")]),
            ("3/300s/key", [Rate(3, 300, "key")]),
        ):
            self.assertEqual(list(parse_rates(text)), rates, text)

    def test_what_is_not_understood(self) -> None:
        for text in (
            "", ",", "20", "20/m/people", "20/y/ip", "-1/m/ip", "0/m/ip", "5/0m/ip",
            "1e3/m/ip", "5/nanm/ip", "5/infs/ip", "٥/m/ip", "5/m/ip;", "5/m/ip,",
        ):  # fmt: skip
            with self.subTest(text), self.assertRaises(ValueError):
                parse_rates(text)


@override_settings(
    RATE_LIMITS={
        "one": "2/m/user",
        "two": "3/m/user,4/h/user",
        "both": "3/m/ip,2/h/key",
        "ip": "1/m/ip",
    }
)
class RateLimitTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.users = [create_user("susan"), create_user("john")]

    def request(self, user: int = 0, address: str = "10.0.0.1") -> HttpRequest:
        request = RequestFactory(REMOTE_ADDR=address).post("/")
        request.user = self.users[user]
        return request

    def age(self, seconds: float) -> None:
        """Let every use that was counted be older."""
        for entry in CacheEntry.objects.all():
            uses = [float(use) - seconds for use in entry.value.strip("[]").split(",")]
            entry.value = str(uses)
            entry.expires -= seconds
            entry.save()

    def allowed(self, action: str, times: int, **options: str) -> list[bool]:
        return [
            consume(self.request(), action, **options).allowed for _ in range(times)
        ]

    def statements(self, action: str) -> list[str]:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            consume(self.request(), action)
        # One write in 64 deletes what has expired.
        return [
            query["sql"].split()[0]
            for query in queries
            if "expires" not in query["sql"] or "DELETE" not in query["sql"]
        ]

    def test_a_use_takes_two_statements_and_a_refusal_one(self) -> None:
        consume(self.request(), "two")  # the first one may delete what has expired
        for _ in range(2):
            self.assertEqual(self.statements("two"), ["SELECT", "UPDATE"])
        self.assertEqual(self.statements("two"), ["SELECT"])

    def test_a_limit_is_of_one_user_and_one_action(self) -> None:
        self.assertEqual(self.allowed("one", 3), [True, True, False])
        self.assertEqual(self.allowed("two", 1), [True])
        self.assertTrue(consume(self.request(user=1), "one").allowed)

    def test_an_old_use_is_forgotten_and_its_entry_written_over(self) -> None:
        self.allowed("one", 2)
        self.age(61)
        self.assertEqual(self.statements("one"), ["SELECT", "UPDATE"])
        self.assertEqual(self.allowed("one", 2), [True, False])
        self.assertEqual(len(CacheEntry.objects.get().value.split(",")), 2)

    def test_the_longer_of_two_rates_holds_when_the_shorter_is_over(self) -> None:
        self.assertEqual(self.allowed("two", 4), [True, True, True, False])
        self.age(61)
        self.assertEqual(self.allowed("two", 2), [True, False])

    def test_a_refusal_says_until_when_and_counts_nothing(self) -> None:
        self.allowed("one", 2)
        self.age(20)
        usage = consume(self.request(), "one")
        self.assertEqual((usage.allowed, usage.per), (False, "user"))
        self.assertAlmostEqual(usage.until.timestamp(), time.time() + 40, delta=10)
        self.age(40)
        self.assertEqual(self.allowed("one", 1), [True])

    def test_the_deciding_use_is_as_many_back_as_are_allowed(self) -> None:
        self.allowed("one", 1)
        self.age(30)
        self.allowed("one", 1)
        until = consume(self.request(), "one").until
        self.assertAlmostEqual(until.timestamp(), time.time() + 30, delta=10)

    def test_what_is_refused_by_one_source_is_not_counted_for_the_other(self) -> None:
        self.assertEqual(self.allowed("both", 3, key="a"), [True, True, False])
        self.assertEqual(self.allowed("both", 2, key="b"), [True, False])
        usage = consume(self.request(), "both", key="a")
        self.assertEqual(usage.per, "key", "the hour ends after the minute")

    def test_a_use_is_given_back_when_another_limit_is_reached_meanwhile(self) -> None:
        """Somebody else uses the key up between reading and writing."""
        consume(self.request(address="10.0.0.2"), "both", key="a")
        writes = 0

        def interrupt(execute: Any, sql: str, *arguments: Any) -> Any:
            nonlocal writes
            writes += not sql.startswith("SELECT") and "SAVEPOINT" not in sql
            if writes == 2 and "UPDATE" in sql:  # after the address, before the key
                writes += 1
                consume(self.request(address="10.0.0.3"), "both", key="a")
            return execute(sql, *arguments)

        with connection.execute_wrapper(interrupt):
            usage = consume(self.request(), "both", key="a")
        self.assertEqual((usage.allowed, usage.per), (False, "key"))
        for key in "bcd":
            self.assertEqual(self.allowed("both", 1, key=key), [True])
        self.assertEqual(self.allowed("both", 1, key="e"), [False])

    def test_uses_of_a_clock_that_was_ahead_do_not_count(self) -> None:
        self.assertEqual(self.allowed("one", 3), [True, True, False])
        self.age(-86400)
        self.assertEqual(self.allowed("one", 3), [True, True, False])
        self.assertEqual(len(CacheEntry.objects.get().value.split(",")), 2)

    def test_uses_of_hosts_whose_clocks_differ_a_little_count(self) -> None:
        self.allowed("one", 1)
        ahead = MAX_AHEAD.total_seconds() - 30
        self.age(-ahead)
        self.assertEqual(self.allowed("one", 2), [True, False])
        self.age(61)
        self.assertEqual(self.allowed("one", 2), [True, False])
        until = consume(self.request(), "one").until
        self.assertAlmostEqual(until.timestamp(), time.time() + 60, delta=10)

    def test_a_use_can_be_given_back(self) -> None:
        self.allowed("both", 1, key="a")
        usage = consume(self.request(), "both", key="a")
        give_back(usage.counted)
        give_back(usage.counted)
        self.assertEqual(self.allowed("both", 2, key="a"), [True, False])

    def test_the_uses_for_a_key_can_be_forgotten(self) -> None:
        self.allowed("both", 2, key="a")
        forget("both", key="a")
        self.assertEqual(self.allowed("both", 2, key="a"), [True, False])

    def test_an_unknown_action_or_nobody_is_an_error(self) -> None:
        with self.assertRaises(KeyError):
            consume(self.request(), "misspelt")
        request = self.request()
        request.user = AnonymousUser()
        with self.assertRaises(ValueError):
            consume(request, "one")
        with self.assertRaises(ValueError):
            consume(request, "both")

    def test_what_counts_as_one_client(self) -> None:
        for first, second, same in (
            ("2001:db8:0:aa00::1", "2001:db8:0:aaff::2", True),
            ("2001:db8:0:aa00::1", "2001:db8:0:ab00::1", False),
            ("::ffff:10.1.1.1", "10.1.1.1", True),
            ("::ffff:10.1.1.1", "::ffff:10.1.1.2", False),
            ("10.1.1.1:5000", "10.1.1.1:6000", True),
            ("[2001:db8::1]:5000", "2001:db8::1", True),
        ):
            CacheEntry.objects.all().delete()
            consume(self.request(address=first), "ip")
            refused = not consume(self.request(address=second), "ip").allowed
            self.assertEqual(refused, same, (first, second))
        for nonsense in ("unknown", "10.1.1", "a:b", "[x"):
            with self.assertRaises(PermissionDenied):
                consume(self.request(address=nonsense), "ip")

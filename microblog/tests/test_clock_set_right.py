"""A clock that was a month ahead and has been set right keeps nobody out."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client, TestCase, override_settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import SignUpRequest, User
from accounts.tests.factories import PASSWORD, create_user
from core.ids import MAX_AHEAD
from core.testing import http_server, run_tasks
from posts.models import Translation
from posts.tests.factories import create_post

MONTH = timedelta(days=30)
LOGIN = "/account/login/"
POST = {"language": "en", "submission": "7"}


@contextmanager
def clock_ahead(by: timedelta = MONTH) -> Iterator[None]:
    """Let the clock of the block be ahead."""
    real = time.time
    with patch("time.time", lambda: real() + by.total_seconds()):
        yield


class CacheEntryTests(TestCase):
    def test_what_would_live_longer_than_it_can_is_missing(self) -> None:
        with clock_ahead():
            cache.set("entry", "old", 60)
            cache.set("touched", "old", 60)
            cache.set("ever", "kept", None)
            self.assertEqual(cache.get("entry"), "old")
        self.assertIsNone(cache.get("entry"))
        self.assertFalse(cache.touch("touched", 60))
        self.assertTrue(cache.add("entry", "new", 60))
        self.assertFalse(cache.add("entry", "newer", 60))
        self.assertEqual(cache.get("entry"), "new")
        self.assertEqual(cache.get("ever"), "kept")

    def test_clocks_that_differ_a_little_share_what_they_count(self) -> None:
        with clock_ahead(MAX_AHEAD - timedelta(seconds=10)):
            cache.set("entry", 1, 60)
            cache.set("touched", 1, 5)
            self.assertTrue(cache.touch("touched", 60))
        self.assertEqual(cache.get("entry"), 1)
        self.assertEqual(cache.get("touched"), 1)
        self.assertFalse(cache.add("entry", 2, 60))


@override_settings(
    EMAIL_BACKEND="core.mail.QueuedEmailBackend",
    DELIVERY_EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
)
class ClockSetRightTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = cls.person("susan")

    @staticmethod
    def person(nickname: str, **fields: object) -> User:
        user = create_user(nickname, **fields)
        EmailAddress.objects.create(
            user=user, email=user.email, verified=True, primary=True
        )
        return user

    def setUp(self) -> None:
        cache.clear()

    def log_in(self, password: str, address: str = "10.0.0.1") -> Client:
        client = Client(REMOTE_ADDR=address)
        client.post(LOGIN, {"login": "susan", "password": password})
        return client

    def test_wrong_passwords(self) -> None:
        with clock_ahead():
            for number in range(5):
                self.log_in("wrong", f"10.0.1.{number}")
            self.assertNotIn("_auth_user_id", self.log_in(PASSWORD).session)
        self.assertIn("_auth_user_id", self.log_in(PASSWORD).session)

    def test_the_limit_holds_as_ever_afterwards(self) -> None:
        with clock_ahead():
            self.log_in("wrong")
        for number in range(5):
            self.log_in("wrong", f"10.0.1.{number}")
        self.assertNotIn("_auth_user_id", self.log_in(PASSWORD).session)

    def test_posts(self) -> None:
        self.client.force_login(self.susan)

        def post(body: str) -> int:
            return self.client.post("/", POST | {"body": body}).status_code

        with clock_ahead(timedelta(days=1)):
            while (status := post("again")) != 429:
                self.assertEqual(status, 302)
        self.assertEqual(post("at last"), 302)

    @override_settings(SIGNUPS="approval")
    def test_moderators_are_told_of_who_signs_up(self) -> None:
        self.person("boss", is_staff=True, is_superuser=True)
        told = SignUpRequest(user=self.person("early"))
        told.announced_at = timezone.now() + MONTH
        told.save()
        late = self.person("late", suspended_at=timezone.now(), is_active=False)
        request = SignUpRequest.objects.create(user=late)
        Client().post(LOGIN, {"login": "late", "password": PASSWORD})
        request.refresh_from_db()
        self.assertLessEqual(request.announced_at, timezone.now())
        mail.outbox.clear()
        run_tasks()
        self.assertEqual([m.to for m in mail.outbox], [["boss@example.com"]])

    def test_a_post_can_be_translated(self) -> None:
        post = create_post(self.susan, "Buenos días", language="es")
        until = timezone.now() + MONTH
        Translation.objects.create(post=post, language="en", asking_until=until)
        self.client.force_login(self.susan)
        with http_server() as server:
            server.body = json.dumps({"translatedText": "Good morning"}).encode()
            with override_settings(
                TRANSLATOR="libretranslate",
                TRANSLATOR_URL=server.url,
                TRANSLATOR_TIMEOUT=0.4,
            ):
                page = self.client.post(f"/post/{post.pk}/translate", follow=True)
        self.assertContains(page, "Good morning")

    def test_a_code_is_no_longer_good_than_it_says(self) -> None:
        eva = self.person("eva", password=None)
        path = reverse("accounts:reauthenticate-by-code")
        self.client.force_login(eva)
        with clock_ahead():
            self.client.post(path, {"send": "1"})
            sent = self.client.session.get("reauthentication_code")
            self.assertIsNotNone(sent)
        page = self.client.get(path)
        self.assertNotContains(page, "one-time-code")

    def test_a_code_of_a_host_whose_clock_differs_a_little_counts(self) -> None:
        self.client.force_login(self.person("eva", password=None))
        path = reverse("accounts:reauthenticate-by-code")
        with clock_ahead(MAX_AHEAD - timedelta(seconds=10)):
            self.client.post(path, {"send": "1"})
        self.assertContains(self.client.get(path), "one-time-code")

    def test_the_page_names_the_day_when_it_is_another(self) -> None:
        with override_settings(
            RATE_LIMITS={**settings.RATE_LIMITS, "login_failed": "2/3d/key"}
        ):
            for _ in range(2):
                self.log_in("wrong")
            page = Client().post(LOGIN, {"login": "susan", "password": PASSWORD})
        (text,) = page.context["form"].non_field_errors()
        day = timezone.localdate() + timedelta(days=3)
        self.assertIn(date_format(day), text)

"""Each rate limit of the settings: so many pass, and the next one is refused.

All but the last uses are counted directly, by the site or by django-allauth, as
requests would take long; the last ones are requests, as people make them.
"""

from collections.abc import Callable
from unittest.mock import patch

from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.core.cache import cache
from django.test import Client, RequestFactory, TestCase

from accounts.models import User
from accounts.tests.factories import PASSWORD, create_user, reauthenticate
from core import rate_limits
from core.testing import run_tasks
from posts.models import Post
from posts.tests.factories import create_post

TOO_MANY = 429


class LimitTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan, cls.john = create_user("susan"), create_user("john")
        EmailAddress.objects.create(
            user=cls.susan, email=cls.susan.email, verified=True, primary=True
        )
        cls.post = create_post(cls.john, "Hola a todos", "es")

    def setUp(self) -> None:
        cache.clear()

    def count(self, action: str, times: int, user: User | None = None) -> None:
        """Count uses by the user from the network address of the test client."""
        request = RequestFactory().post("/")
        request.user = user or AnonymousUser()
        for number in range(times):
            key = f"somebody {number}"
            if action in settings.RATE_LIMITS:
                rate_limits.consume(request, action, key=key)
                continue
            ratelimit.consume(
                request, app="allauth.account", action=action, user=user, key=key
            )

    def assertLimit(  # noqa: N802
        self, action: str, times: int, use: Callable[[], int], user: User | None = None
    ) -> None:
        """Check that ``use`` answers 429 for the first time after ``times`` uses."""
        self.count(action, times - 1, user)
        self.assertNotEqual(use(), TOO_MANY)
        self.assertEqual(use(), TOO_MANY)

    def test_posts_in_a_minute(self) -> None:
        self.client.force_login(self.susan)
        texts = iter(["The last one", "One too many"])
        self.assertLimit(
            "post",
            30,
            lambda: self.client.post("/", {"body": next(texts)}).status_code,
            self.susan,
        )
        self.assertEqual(Post.objects.by(self.susan).get().body, "The last one")

    def test_follows_in_a_minute(self) -> None:
        self.client.force_login(self.susan)
        buttons = iter(["/user/john/follow", "/user/john/unfollow"])
        self.assertLimit(
            "follow",
            30,
            lambda: self.client.post(next(buttons)).status_code,
            self.susan,
        )
        self.assertTrue(self.susan.following_set.filter(followed=self.john).exists())

    def test_translations_in_a_minute(self) -> None:
        self.client.force_login(self.susan)
        path = f"/post/{self.post.pk}/translate"
        self.assertLimit(
            "translate", 30, lambda: self.client.post(path).status_code, self.susan
        )

    def sign_up(self, number: int) -> int:
        data = {
            "username": f"new{number}",
            "email": f"new{number}@example.com",
            "password1": PASSWORD,
            "password2": PASSWORD,
        }
        status = self.client.post("/account/signup/", data).status_code
        self.client.logout()
        return status

    def test_sign_ups_of_one_network_in_a_minute(self) -> None:
        numbers = iter(range(2))
        self.assertLimit("signup", 20, lambda: self.sign_up(next(numbers)))
        self.assertFalse(User.objects.filter(username="new1").exists())

    def test_sign_ups_of_one_network_in_a_day(self) -> None:
        with patch("time.time", return_value=1_900_000_000.0) as now:
            for _minute in range(10):
                now.return_value += 61
                self.count("signup", 20)
            now.return_value += 61
            self.assertEqual(self.sign_up(0), TOO_MANY)
            now.return_value += 24 * 3600
            self.assertNotEqual(self.sign_up(0), TOO_MANY)

    def mails_after(self, path: str, times: int) -> int:
        """Return how many mails susan gets who fills in a form so many times."""
        for _ in range(times):
            Client().post(path, {"email": self.susan.email})
        run_tasks()
        return len([m for m in mail.outbox if m.to == [self.susan.email]])

    def test_codes_to_one_address(self) -> None:
        self.assertEqual(self.mails_after("/account/login/code/", 7), 5)

    def test_links_for_a_forgotten_password_to_one_address(self) -> None:
        self.assertEqual(self.mails_after("/account/password/reset/", 7), 5)

    def test_codes_and_links_that_one_network_asks_for(self) -> None:
        for action, path in (
            ("request_login_code", "/account/login/code/"),
            ("reset_password", "/account/password/reset/"),
        ):
            with self.subTest(action):
                cache.clear()
                mail.outbox.clear()
                self.count(action, 20)
                self.assertEqual(self.mails_after(path, 1), 0)

    def test_wrong_keys_of_feeds_in_a_minute(self) -> None:
        self.assertLimit(
            "feed_key", 30, lambda: self.client.get("/home.atom?key=1-no").status_code
        )

    def add_address(self, number: int) -> bool:
        """Return whether another address could be asked for; it is removed again."""
        address = f"other{number}@example.com"
        data = {"action_add": "", "email": address}
        self.client.post("/account/email/", data)
        deleted, _ = EmailAddress.objects.filter(email=address).delete()
        return bool(deleted)

    def test_addresses_asked_for_in_a_minute_and_a_day(self) -> None:
        with patch("time.time", return_value=1_900_000_000.0) as now:
            self.client.force_login(self.susan)
            reauthenticate(self.client)
            self.count("manage_email", 9, self.susan)
            self.assertEqual([self.add_address(n) for n in range(2)], [True, False])
            now.return_value += 61
            self.count("manage_email", 9, self.susan)
            self.assertTrue(self.add_address(2))
            now.return_value += 61
            self.assertFalse(self.add_address(3))

    def test_what_a_client_writes_itself_is_no_address_of_the_network(self) -> None:
        """One proxy is trusted: it adds the last address, others are made up."""
        with self.settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
            answers = [
                self.client.get(
                    "/home.atom?key=1-no",
                    headers={"X-Forwarded-For": f"192.0.2.{number}, 198.51.100.7"},
                ).status_code
                for number in range(31)
            ]
        self.assertEqual(answers, [404] * 30 + [TOO_MANY])

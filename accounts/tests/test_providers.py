"""Signing in through OpenID Connect, with a real provider on loopback."""

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import TestCase, override_settings

from accounts.models import User
from accounts.nicknames import unique_nickname, valid_nickname
from accounts.providers import MAX_REDIRECTS, bounded_session
from accounts.tests.factories import create_user
from core.testing import free_port

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PEOPLE: list[dict[str, object]] = [
    {"sub": "1", "email": "john@example.com", "email_verified": True},
    {"sub": "2", "nickname": "No mail"},
    {
        "sub": "3",
        "email": "other@example.com",
        "email_verified": True,
        "preferred_username": "John",
    },
    {"sub": "4", "email": "x@example.com", "preferred_username": "Ünï cödé!"},
    {"sub": "5", "email": "liar@example.com", "email_verified": False},
    {
        "sub": "9",
        "email": "strange@example.com",
        "email_verified": True,
        "preferred_username": 17,
        "nickname": {"a": "b"},
        "name": "a\0\u202eb\ufffe",
    },
    {"sub": "6", "email": "liar@example.com"},
]
START = 20  # seconds


@contextmanager
def provider_process() -> Iterator[int]:
    """Run a provider in its own process; yield its port."""
    port = free_port()
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock"]
    command += ["--port", str(port)]
    for claims in PEOPLE:
        command += ["--user-claims", json.dumps(claims)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            await_port(port)
            yield port
        finally:
            process.terminate()


def await_port(port: int) -> None:
    """Return as soon as the port is open."""
    deadline = time.monotonic() + START
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            threading.Event().wait(0.05)
        else:
            return


def use_providers(apps: list[dict[str, object]]) -> override_settings:
    """Return the context manager that sets these providers."""
    usual = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]
    providers = {"openid_connect": {**usual, "APPS": apps}}
    return override_settings(SOCIALACCOUNT_PROVIDERS=providers)


def provider(port: int, id_: str = "local") -> dict[str, object]:
    return {
        "provider_id": id_,
        "name": f"Provider {id_}",
        "client_id": "microblog",
        "secret": "not-a-secret",
        "settings": {"server_url": f"http://127.0.0.1:{port}"},
    }


class ProviderTestCase(TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.port = cls.enterClassContext(provider_process())

    def setUp(self) -> None:
        cache.clear()
        apps = [provider(self.port), provider(free_port(), "down")]
        self.enterContext(use_providers(apps))

    def log_in(self, sub: str, next_: str = "") -> object:
        """Follow the redirects to the provider and back, like a browser."""
        return self.client.get(self.answer(sub, next_), follow=True)

    def answer(self, sub: str, next_: str = "") -> str:
        """Go to the provider; return the URL to which it redirects back."""
        query = "?" + urlencode({"next": next_}) if next_ else ""
        start = self.client.post(f"/account/oidc/local/login/{query}")
        self.assertEqual(start.status_code, 302)
        request = Request(start["Location"], data=urlencode({"sub": sub}).encode())
        back = open_without_following(request)
        return back.removeprefix("http://testserver")


class ProviderTests(ProviderTestCase):
    def test_buttons_are_labelled_and_post(self) -> None:
        page = self.client.get("/account/login/")
        for name in ("Provider local", "Provider down"):
            self.assertContains(page, f"Continue with {name}")
        self.assertContains(page, 'method="post" action="/account/oidc/local/login/')

    def test_first_login_creates_the_account_and_the_second_finds_it(self) -> None:
        self.log_in("1")
        john = User.objects.get()
        self.assertEqual((john.username, john.email), ("john", "john@example.com"))
        self.assertEqual(self.client.session["_auth_user_id"], str(john.pk))
        self.client.logout()
        self.log_in("1")
        self.assertEqual(User.objects.count(), 1)
        self.assertIn("_auth_user_id", self.client.session)

    def test_a_taken_nickname_gets_a_number(self) -> None:
        create_user("john", email="first@example.com")
        create_user("JOHN2", email="second@example.com")
        self.log_in("3")
        names = set(User.objects.values_list("username", flat=True))
        self.assertEqual(names, {"john", "JOHN2", "John3"})

    def test_a_nickname_is_made_valid(self) -> None:
        self.log_in("4")
        self.assertEqual(User.objects.get().username, "uni_code")

    def test_the_first_login_keeps_the_language_for_mails(self) -> None:
        self.client.defaults["HTTP_ACCEPT_LANGUAGE"] = "es"
        self.log_in("1")
        john = User.objects.get()
        self.assertEqual((john.language, john.mail_language), ("", "es"))

    def test_claims_are_texts_or_nothing(self) -> None:
        """Both times: the second login stores them again."""
        for _login in range(2):
            self.log_in("9")
            self.assertIn("_auth_user_id", self.client.session)
            self.client.logout()
            self.assertEqual(SocialAccount.objects.get().extra_data["name"], "ab")
        self.assertEqual(User.objects.get().username, "strange")

    def test_no_address_is_refused(self) -> None:
        response = self.log_in("2")
        self.assertContains(response, "Invalid login. Please try again.")
        self.assertFalse(User.objects.exists())

    def test_redirects_to_the_wanted_page_of_this_site_only(self) -> None:
        response = self.log_in("1", next_="/preferences")
        self.assertEqual(response.redirect_chain[-1][0], "/preferences")
        self.client.logout()
        response = self.log_in("1", next_="https://evil.example/")
        self.assertEqual(response.redirect_chain[-1][0], "/")

    def test_joins_an_account_only_if_both_sides_verified_the_address(self) -> None:
        john = create_user("jj", email="john@example.com")
        response = self.log_in("1")
        self.assertContains(response, "already an account")
        self.assertNotIn("_auth_user_id", self.client.session)
        EmailAddress.objects.create(
            user=john, email=john.email, verified=True, primary=True
        )
        self.log_in("1")
        self.assertEqual(self.client.session["_auth_user_id"], str(john.pk))
        self.assertEqual(SocialAccount.objects.get().user, john)

    def test_an_unverified_address_takes_over_nothing(self) -> None:
        victim = create_user("liar")
        EmailAddress.objects.create(
            user=victim, email=victim.email, verified=True, primary=True
        )
        self.log_in("5")
        self.assertNotIn("_auth_user_id", self.client.session)

    def test_a_forged_answer_is_refused(self) -> None:
        response = self.client.get("/account/oidc/local/login/callback/?code=x&state=y")
        self.assertContains(response, "log", status_code=response.status_code)
        self.assertNotIn("_auth_user_id", self.client.session)

    def test_an_answer_is_good_once_and_for_its_own_question(self) -> None:
        back = self.answer("1")
        wrong = back.replace("state=", "state=x")
        for address in (wrong, back.partition("?")[0]):
            response = self.client.get(address, follow=True)
            self.assertContains(response, "log", status_code=response.status_code)
            self.assertLess(response.status_code, 500)
            self.assertNotIn("_auth_user_id", self.client.session)
        back = self.answer("1")
        self.client.get(back)
        self.assertIn("_auth_user_id", self.client.session)
        self.client.logout()
        response = self.client.get(back, follow=True)
        self.assertLess(response.status_code, 500)
        self.assertNotIn("_auth_user_id", self.client.session)

    def test_two_who_want_one_nickname_at_once_both_get_an_account(self) -> None:
        """The rival is stored between the check for a free name and saving."""

        back = self.answer("1")
        seen: set[str] = set()

        def rival(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
            if sql.startswith("SELECT") and "john" in (params or ()):
                seen.add("looked")
            elif seen == {"looked"} and sql.startswith("SAVEPOINT"):
                seen.add("stored")
                create_user("JOHN", email="rival@example.com")
            return execute(sql, params, *rest)

        with connection.execute_wrapper(rival):
            self.client.get(back, follow=True)
        names = set(User.objects.values_list("username", flat=True))
        self.assertEqual(names, {"JOHN", "john2"})
        self.assertIn("_auth_user_id", self.client.session)

    def test_a_provider_that_is_down_is_explained(self) -> None:
        response = self.client.post("/account/oidc/down/login/", follow=True)
        self.assertContains(response, "does not answer at the moment")

    def test_an_unknown_provider_is_not_found(self) -> None:
        self.assertEqual(self.client.post("/account/oidc/nope/login/").status_code, 404)

    def test_a_provider_redirects_a_few_times_only(self) -> None:
        self.assertEqual(bounded_session().max_redirects, MAX_REDIRECTS)


class NicknameTests(TestCase):
    def test_made_valid(self) -> None:
        for wish, nickname in {
            "john": "john",
            "John Doe": "John_Doe",
            "j.o_hn!": "j.o_hn",
            "Ñandú": "nandu",
            "...": "user",
            "日本": "user",
            "x" * 99: "x" * 64,
        }.items():
            self.assertEqual(valid_nickname(wish), nickname)

    def test_made_unique_within_the_length(self) -> None:
        create_user("x" * 64)
        self.assertEqual(unique_nickname("X" * 64), "X" * 63 + "2")


def open_without_following(request: Request) -> str:
    """Return the URL to which the response redirects."""
    connection = HTTPConnection(request.host, timeout=5)
    connection.request("POST", request.selector, request.data, FORM)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return str(answer.headers["Location"])

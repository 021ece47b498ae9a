"""A provider's response, however invalid: a login, or a refusal with a message."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group
from django.core import mail
from django.core.cache import cache
from django.test import Client, override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from accounts.providers import (
    RESPONSE_MAX_BYTES,
    ClaimsError,
    bounded_session,
    checked_claims,
)
from accounts.tests.factories import PASSWORD, create_user, reauthenticate
from accounts.tests.test_providers import provider, use_providers
from core.testing import free_port, http_server

START, BACK = "/account/oidc/local/login/", "/account/oidc/local/login/callback/"
SECRET = "a key of the provider that nobody verifies here"  # by TLS instead
REFUSED = "sent an answer that cannot be used"
PROVIDER_ERRORS = "does not answer at the moment"
JOHN = {"sub": "1", "email": "john@example.com", "email_verified": True}
DEEP = b"[" * 100_000 + b"]" * 100_000
HUGE = b'{"sub": "' + b"x" * (RESPONSE_MAX_BYTES + 1) + b'"}'
ODD_SUBJECTS = (
    "x" * 5_000, "x" * 192, "", " ", "a ", "a\0b", "a\nb", "\u202ea", "é", "\ud800",
    None, True, 1.5, 10**400, [], {}, ["1"], {"1": "1"},
)  # fmt: skip
ODD = st.one_of(
    st.sampled_from([*ODD_SUBJECTS, "true", "false", False, -1, "a@b", "x@\ud800.com"]),
    st.text(max_size=40),
    st.lists(st.none() | st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


class Provider:
    """The responses of a provider: a path's status, body, and the pause within it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.answers: dict[str, bytes] = {}
        self.ended = threading.Event()
        self.says(JOHN)

    def says(self, userinfo: Any, id_token: Any = None, token: Any = None) -> None:
        """Respond with these claims, and with a token response that has ``token``."""
        addresses = {
            f"{name}_endpoint": f"{self.url}/{name}"
            for name in ("authorization", "token", "userinfo")
        }
        config = addresses | {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        told = {"access_token": "t", "expires_in": 60}
        if id_token is not None:
            claims = {"iss": self.url, "aud": "microblog", "exp": 2**33, **id_token}
            told["id_token"] = jwt.encode(claims, SECRET)
        self.answers = {
            "/.well-known/openid-configuration": json.dumps(config).encode(),
            "/token": json.dumps(told | (token or {})).encode(),
            "/userinfo": json.dumps(userinfo).encode(),
        }


@contextmanager
def hostile_provider() -> Iterator[Provider]:
    """Run a provider whose every response is set by the test."""
    state: Provider

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = state.answers.get(urlsplit(self.path).path, b"{}")
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except OSError:
                return  # the client disconnected

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *args: object) -> None:
            """No log lines."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Provider(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class AnswerTestCase(TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.provider = cls.enterClassContext(hostile_provider())

    def setUp(self) -> None:
        cache.clear()
        self.provider.says(JOHN)
        port = urlsplit(self.provider.url).port or 0
        self.apps = [provider(port), provider(free_port(), "down")]
        self.enterContext(use_providers(self.apps))

    def log_in(self, client: Client | None = None) -> Any:
        """Follow the redirects to the provider and back."""
        client = client or self.client
        start = client.post(START)
        if start.status_code != 302 or not start["Location"].startswith("http"):
            return client.get(start["Location"])
        state = parse_qs(urlsplit(start["Location"]).query)["state"][0]
        return client.get(BACK, {"code": "c", "state": state}, follow=True)

    def signed_in(self, client: Client | None = None) -> str | None:
        return (client or self.client).session.get("_auth_user_id")


class VerifiedTests(AnswerTestCase):
    """Which responses verify an address."""

    def arrives(self, verified: object) -> bool:
        """Return whether the first login succeeds without a mail."""
        User.objects.all().delete()
        cache.clear()
        client = Client()
        self.provider.says(JOHN | {"email_verified": verified})
        self.log_in(client)
        stored = EmailAddress.objects.filter(email="john@example.com", verified=True)
        self.assertEqual(bool(self.signed_in(client)), stored.exists())
        return stored.exists()

    def test_only_the_boolean_true_verifies(self) -> None:
        self.assertTrue(self.arrives(True))
        for said in ("false", "true", 1):
            self.assertFalse(self.arrives(said), said)
        for said in ("True", "yes", 0, "1", "", None, [True], {}):
            self.assertFalse(self.verified(said), said)

    def test_a_setting_takes_the_string_of_one_provider(self) -> None:
        settings_: Any = self.apps[0]["settings"]
        settings_["email_verified_strings"] = True
        with use_providers(self.apps):
            self.assertTrue(self.arrives("true"))
            self.assertFalse(self.arrives("false"))
        self.assertTrue(self.verified(True, verified_strings=True))
        for said in ("False", "True", "TRUE", "1", 1, "", ["true"], None):
            self.assertFalse(self.verified(said, verified_strings=True), said)

    def verified(self, said: object, **options: bool) -> object:
        claims = JOHN | {"email_verified": said}
        return checked_claims({"userinfo": claims}, **options)["email_verified"]

    def test_one_answer_cannot_verify_the_address_of_the_other(self) -> None:
        self.provider.says(
            {"sub": "1", "email": "victim@example.com"},
            {"sub": "1", "email": "john@example.com", "email_verified": True},
        )
        self.log_in()
        self.assertIsNone(self.signed_in())
        self.assertFalse(EmailAddress.objects.filter(verified=True).exists())

    def test_the_two_answers_must_be_about_one_user(self) -> None:
        self.provider.says(JOHN, {"sub": "2"})
        self.assertContains(self.log_in(), REFUSED)
        self.assertFalse(User.objects.exists())


class UnconfirmedTests(AnswerTestCase):
    """Another user claimed the address first, and never confirmed it."""

    def squat(self) -> Client:
        squatter = Client()
        fields = {"username": "john", "email": "john@example.com"}
        passwords = {"password1": PASSWORD, "password2": PASSWORD}
        squatter.post("/account/signup/", fields | passwords)
        self.assertTrue(User.objects.filter(email="john@example.com").exists())
        return squatter

    def test_the_owner_gets_in_and_the_squatter_ends_with_nothing(self) -> None:
        squatter = self.squat()
        theirs = User.objects.get().pk
        self.log_in()
        john = User.objects.get()
        self.assertNotEqual(john.pk, theirs)
        self.assertEqual((john.username, john.email), ("john", "john@example.com"))
        self.assertEqual(self.signed_in(), str(john.pk))
        self.assertFalse(john.has_usable_password())
        for login in ("john", "john@example.com"):
            data = {"login": login, "password": PASSWORD}
            squatter.post("/account/login/", data)
            Client().post("/account/login/", data)
            self.assertIsNone(self.signed_in(squatter))
        self.assertEqual(squatter.get("/").status_code, 302)
        squatter.get("/account/confirm-email/")
        self.assertIsNone(self.signed_in(squatter))

    def test_a_squatter_who_came_through_a_provider(self) -> None:
        other = Client()
        self.provider.says(JOHN | {"sub": "squatter", "email_verified": False})
        self.log_in(other)
        self.assertIsNone(self.signed_in(other))
        self.provider.says(JOHN)
        self.log_in()
        self.assertEqual(self.signed_in(), str(SocialAccount.objects.get().user_id))
        self.provider.says(JOHN | {"sub": "squatter", "email_verified": False})
        self.log_in(other)
        self.assertIsNone(self.signed_in(other))
        self.assertEqual(User.objects.count(), 1)

    def test_an_address_added_to_another_account(self) -> None:
        """The other account stays, with its own address."""
        rival = create_user("rival")
        for email, verified in ((rival.email, True), ("john@example.com", False)):
            EmailAddress.objects.create(
                user=rival, email=email, verified=verified, primary=verified
            )
        self.log_in()
        self.assertEqual(User.objects.get(email="john@example.com").username, "john")
        kept = EmailAddress.objects.filter(user=rival)
        self.assertEqual([each.email for each in kept], ["rival@example.com"])
        self.assertTrue(self.signed_in())

    def test_an_address_that_was_never_confirmed_beside_one_that_was(self) -> None:
        rival = create_user("rival", email="john@example.com")
        EmailAddress.objects.create(user=rival, email="r@example.com", verified=True)
        EmailAddress.objects.create(user=rival, email=rival.email, primary=True)
        self.log_in()
        rival.refresh_from_db()
        self.assertEqual(rival.email, "r@example.com")
        self.assertEqual(User.objects.get(email="john@example.com").username, "john")

    def test_joins_a_second_address_that_is_confirmed_here(self) -> None:
        john = create_user("jj", email="first@example.com")
        EmailAddress.objects.create(user=john, email="john@example.com", verified=True)
        self.log_in()
        self.assertEqual(self.signed_in(), str(john.pk))

    def test_never_takes_an_account_of_the_staff_or_one_in_use(self) -> None:
        def in_a_group(user: User) -> None:
            user.groups.add(Group.objects.get(name="Moderators"))

        def used(user: User) -> None:
            User.objects.filter(pk=user.pk).update(last_login=user.date_joined)

        def boss(user: User) -> None:
            User.objects.filter(pk=user.pk).update(is_superuser=True)

        def made_by_the_staff(user: User) -> None:
            User.objects.filter(pk=user.pk).update(signed_up=False)

        def clerk(user: User) -> None:
            User.objects.filter(pk=user.pk).update(is_staff=True)

        def suspended(user: User) -> None:
            now = user.date_joined
            User.objects.filter(pk=user.pk).update(suspended_at=now, is_active=False)

        changes: tuple[Callable[[User], None], ...]
        changes = (in_a_group, used, boss, clerk, made_by_the_staff, suspended)
        for change in changes:
            User.objects.all().delete()
            self.squat()
            john = User.objects.get()
            change(john)
            response = self.log_in()
            self.assertContains(response, "already an account", msg_prefix=repr(change))
            self.assertTrue(User.objects.filter(pk=john.pk).exists(), change)
            self.assertIsNone(self.signed_in())

    def test_an_account_made_in_the_admin_stays(self) -> None:
        boss = create_user("boss", is_staff=True, is_superuser=True)
        staff = Client()
        staff.force_login(boss)
        reauthenticate(staff)
        form = {"username": "jj", "email": "john@example.com"}
        passwords = {"password1": PASSWORD, "password2": PASSWORD}
        form |= passwords | {"usable_password": "true"}
        staff.post("/admin/accounts/user/add/", form)
        self.assertTrue(User.objects.filter(username="jj").exists())
        self.assertContains(self.log_in(), "already an account")
        self.assertTrue(User.objects.filter(username="jj").exists())

    def test_nothing_is_deleted_for_somebody_who_may_not_sign_up(self) -> None:
        self.squat()
        theirs = User.objects.get().pk
        for mode in ("closed", "invitation"):
            with override_settings(SIGNUPS=mode):
                self.assertEqual(self.log_in(Client()).status_code, 403)
            self.assertEqual(User.objects.get().pk, theirs)

    def test_without_a_proof_nobody_learns_or_loses_anything(self) -> None:
        """The page is the same whether the address is known here or not."""
        self.squat()
        pages = []
        for sub, email in (("8", "john@example.com"), ("9", "free@example.com")):
            cache.clear()
            self.provider.says({"sub": sub, "email": email})
            client = Client()
            response = self.log_in(client)
            pages.append(response.redirect_chain)
            self.assertNotContains(response, "already an account")
            self.assertIsNone(self.signed_in(client))
        self.assertEqual(*pages)
        self.assertTrue(User.objects.get(username="john").has_usable_password())

    def test_a_login_that_waits_knows_its_provider(self) -> None:
        """Another provider knows the site by the same ``client_id``."""
        self.assertEqual(len({app["client_id"] for app in self.apps}), 1)
        self.provider.says(JOHN | {"email_verified": False})
        self.log_in()
        text = str(mail.outbox[-1].body)
        (path,) = re.findall(r"http://[^/\s]+(/account/confirm-email/\S+)", text)
        self.client.post(path, follow=True)
        self.assertEqual(self.signed_in(), str(User.objects.get().pk))


class OddAnswerTests(AnswerTestCase):
    """No response of a provider causes an error of the site."""

    def refuses(self, sentence: str) -> None:
        cache.clear()
        client = Client()
        response = self.log_in(client)
        self.assertLess(response.status_code, 500)
        self.assertContains(response, sentence, status_code=response.status_code)
        self.assertIsNone(self.signed_in(client))
        self.assertFalse(User.objects.exists())
        self.assertFalse(mail.outbox)

    def test_odd_subjects_are_refused(self) -> None:
        for subject in ODD_SUBJECTS:
            with self.subTest(subject=subject), self.assertRaises(ClaimsError):
                checked_claims({"id_token": JOHN | {"sub": subject}})
        for subject in ("x" * 5_000, "a\0b", "\ud800"):
            self.provider.says(JOHN | {"sub": subject})
            self.refuses(REFUSED)
        self.provider.says({"email": "john@example.com", "email_verified": True})
        self.refuses(REFUSED)

    def test_subjects_that_are_allowed(self) -> None:
        for subject in ("x" * 191, 12345, "auth0|5f7c", "a b", "https://x/y?z=1"):
            self.assertEqual(checked_claims({"userinfo": {"sub": subject}})["sub"],
                             str(subject))  # fmt: skip

    def test_a_subject_that_differs_by_case_is_another_user(self) -> None:
        """MariaDB's collation ignores case."""
        self.provider.says(JOHN | {"sub": "AbC"})
        self.log_in()
        client = Client()
        self.provider.says({"sub": "aBc", "email": "x@example.com"})
        self.log_in(client)
        self.assertIsNone(self.signed_in(client))

    def test_bodies_that_are_no_answer(self) -> None:
        usual = dict(self.provider.answers)
        odd = (b"", b"[]", b"7", b"{}", b"\xff", DEEP, HUGE)
        for path in usual:
            for body in odd:
                self.provider.answers = usual | {path: body}
                with self.subTest(path=path, body=body[:9]):
                    self.refuses("log")

    def test_an_answer_that_drips_is_given_up(self) -> None:
        with http_server() as server:
            server.body, server.drip = b"x" * 60, 0.05
            with self.assertRaises(requests.RequestException):
                bounded_session(seconds=0.2).post(server.url)

    def test_headers_that_drip_are_given_up(self) -> None:
        with http_server() as server:
            server.drip, server.drip_headers = 0.05, True
            with self.assertRaises(requests.RequestException):
                bounded_session(seconds=0.2).post(server.url, timeout=0.2)

    def test_tokens_that_are_none(self) -> None:
        for fields in (
            {"expires_in": "soon"}, {"expires_in": 1e300}, {"expires_in": 10**300},
            {"expires_in": ["1"]}, {"access_token": "a\nb"}, {"access_token": "\u2028"},
            {"id_token": 7}, {"id_token": "a.b.c"}, {"id_token": ["x"]},
            {"id_token": jwt.encode({"sub": "1"}, SECRET)},
        ):  # fmt: skip
            self.provider.says(JOHN, token=fields)
            with self.subTest(fields=fields):
                self.refuses("log")

    def test_id_tokens_with_odd_times(self) -> None:
        for claims in ({"exp": 10**400, "jti": "j"}, {"exp": 1},
                       {"aud": "other"}, {"iss": "other"}):  # fmt: skip
            self.provider.says(JOHN, {"sub": "1", **claims})
            with self.subTest(claims=claims):
                self.refuses("log")

    def test_errors_of_the_flow(self) -> None:
        for query in (
            {}, {"code": "c"}, {"state": "s"}, {"state": "s" * 5000, "code": "c"},
            {"error": "access_denied"}, {"error": "x" * 3000, "state": "s"},
        ):  # fmt: skip
            response = self.client.get(BACK, query, follow=True)
            self.assertLess(response.status_code, 500, query)
            self.assertContains(response, "log", status_code=response.status_code)
        for error, status in (("access_denied", 200), ("server_error", 401)):
            start = self.client.post(START)
            state = parse_qs(urlsplit(start["Location"]).query)["state"][0]
            query = urlencode({"error": error, "state": state})
            response = self.client.get(f"{BACK}?{query}", follow=True)
            self.assertEqual(response.status_code, status)
            again = self.client.get(f"{BACK}?{query}&code=c", follow=True)
            self.assertEqual(again.status_code, 401)
        self.assertFalse(User.objects.exists())

    def test_generated_claims(self) -> None:
        names = ("sub", "email", "email_verified", "preferred_username", "nickname",
                 "name", "picture", "given_name")  # fmt: skip
        claims = st.fixed_dictionaries({}, optional=dict.fromkeys(names, ODD))
        someone = st.builds(lambda odd: JOHN | odd, claims)

        @settings(
            max_examples=25, deadline=None, suppress_health_check=list(HealthCheck)
        )
        @given(userinfo=someone | claims | ODD, id_token=st.none() | someone)
        def check(userinfo: Any, id_token: Any) -> None:
            User.objects.all().delete()
            cache.clear()
            self.provider.says(userinfo, id_token)
            client = Client()
            response = self.log_in(client)
            self.assertLess(response.status_code, 500)
            self.assertNotContains(
                response, PROVIDER_ERRORS, status_code=response.status_code
            )
            if key := self.signed_in(client):
                User.objects.get(pk=key).full_clean()

        check()

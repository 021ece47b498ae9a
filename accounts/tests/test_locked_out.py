"""Wrong passwords of others lock nobody out of their account."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import repeat

from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.test import Client, TestCase, override_settings
from django.utils import timezone

from accounts.tests.factories import PASSWORD, create_user
from accounts.tests.test_providers import use_providers
from core.testing import run_tasks

CODE = r"^\w{3,5}-\w{3,5}$"


@override_settings(
    EMAIL_BACKEND="core.mail.QueuedEmailBackend",
    DELIVERY_EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
)
class LockedOutTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan")
        EmailAddress.objects.create(
            user=cls.susan, email=cls.susan.email, verified=True, primary=True
        )

    def attack(self, path: str, form: dict[str, str], times: int) -> None:
        """Submit a form from many other IP addresses."""
        for number in range(times):
            Client(REMOTE_ADDR=f"10.0.0.{number}").post(path, form)

    def lock(self, *logins: str) -> None:
        for login in logins:
            self.attack("/account/login/", {"login": login, "password": "x"}, 5)

    def text_for(self, login: str) -> str:
        form = {"login": login, "password": PASSWORD}
        response = self.client.post("/account/login/", form)
        (text,) = response.context["form"].non_field_errors()
        self.assertContains(response, text)
        return str(text)

    @property
    def signed_in(self) -> bool:
        return "_auth_user_id" in self.client.session

    def last_mail(self) -> str:
        run_tasks()
        return str(mail.outbox[-1].body)

    def test_the_page_says_until_when_whether_or_not_the_name_exists(self) -> None:
        self.lock("susan", "nobody")
        for login in ("susan", "nobody"):
            text = self.text_for(login)
            self.assertIn("passkey", text)
            self.assertIn("sent to your e-mail address", text)
            found = re.search(r"(\d\d):(\d\d):(\d\d) \(UTC\)", text)
            hour, minute, second = found.groups()
            now = timezone.now()
            until = now.replace(hour=int(hour), minute=int(minute), second=int(second))
            if until < now:  # past midnight
                until += timedelta(days=1)
            self.assertLessEqual(until - now, timedelta(minutes=5))

    def test_the_page_says_whether_the_name_or_the_network_is_limited(self) -> None:
        self.lock("susan")
        self.assertIn("Passwords for this name", self.text_for("susan"))
        client = Client(REMOTE_ADDR="10.1.0.1")
        for number in range(10):
            form = {"login": f"name{number}", "password": "x"}
            client.post("/account/login/", form)
        create_user("john")
        network = "From your network too many wrong passwords were tried."
        # Susan's own limit ends later than that of the network.
        name = "Too many failed login attempts. Passwords for this name"
        for login, start in (("john", network), ("nobody", network), ("susan", name)):
            form = {"login": login, "password": PASSWORD}
            response = client.post("/account/login/", form)
            (text,) = response.context["form"].non_field_errors()
            self.assertTrue(text.startswith(start), text)

    def test_the_case_of_a_name_tells_nothing(self) -> None:
        """Nobody's name is locked in every spelling, as somebody's is."""
        self.lock("susan", "nobody")
        for login in ("SUSAN", "NoBody"):
            self.assertIn("Passwords for this name", self.text_for(login))

    def test_a_passkey_is_offered_and_a_code_lets_in(self) -> None:
        self.lock("susan", "susan@example.com")
        self.text_for("susan")
        page = self.client.get("/account/login/")
        self.assertContains(page, "passkey")
        self.assertContains(page, "/account/login/code/")
        self.client.post("/account/login/code/", {"email": self.susan.email})
        (code,) = re.findall(CODE, self.last_mail(), re.MULTILINE)
        self.client.post("/account/login/code/confirm/", {"code": code})
        self.assertTrue(self.signed_in)

    def test_the_page_speaks_of_other_sites_only_where_there_are_some(self) -> None:
        self.lock("susan")
        self.assertNotIn("another site", self.text_for("susan"))
        fields = {"provider_id": "local", "name": "Local", "client_id": "x"}
        site = {"secret": "", "settings": {"server_url": "http://127.0.0.1:1"}}
        with use_providers([fields | site]):
            self.assertIn("with another site", self.text_for("susan"))
            page = self.client.get("/account/login/")
            self.assertContains(page, "/account/oidc/local/login/")

    def test_a_code_can_be_guessed_three_times(self) -> None:
        self.client.post("/account/login/code/", {"email": self.susan.email})
        (code,) = re.findall(CODE, self.last_mail(), re.MULTILINE)
        for _ in range(3):
            self.client.post("/account/login/code/confirm/", {"code": "AAAA-AAAA"})
        self.client.post("/account/login/code/confirm/", {"code": code})
        self.assertFalse(self.signed_in)

    def test_guesses_that_are_sent_at_once_are_all_counted(self) -> None:
        """Each of them reads the session before another one has stored it."""
        for number, text in ((2, True), (3, False), (12, False)):
            cache.clear()
            self.client = Client()
            self.client.post("/account/login/code/", {"email": self.susan.email})
            (code,) = re.findall(CODE, self.last_mail(), re.MULTILINE)
            before = Session.objects.get(pk=self.client.session.session_key)
            key = self.client.cookies["sessionid"].value
            for guess in (*(["AAAA-AAAA"] * number), code):
                before.save()
                self.client.cookies["sessionid"] = key
                self.client.post("/account/login/code/confirm/", {"code": guess})
            self.assertEqual(self.signed_in, text, number)

    def test_a_link_lets_in_even_when_codes_and_links_are_used_up(self) -> None:
        """The links are mailed to the owner."""
        self.lock("susan", "susan@example.com")
        form = {"email": self.susan.email}
        self.attack("/account/login/code/", form, 9)
        self.attack("/account/password/reset/", form, 9)
        run_tasks()
        links = [
            found[1]
            for sent in mail.outbox
            if (found := re.search(r"http://[^/\s]+(/\S+/key/\S+)", str(sent.body)))
        ]
        self.assertEqual(len(links), 5)
        self.assertLessEqual(len(mail.outbox), 10)
        path = self.client.get(links[-1], follow=True).redirect_chain[-1][0]
        new = {"password1": "another good phrase", "password2": "another good phrase"}
        self.client.post(path, new)
        self.assertTrue(self.signed_in)

    def test_a_second_factor_is_asked_for_all_the_same(self) -> None:
        TOTP.activate(self.susan, generate_totp_secret())
        self.client.post("/account/login/code/", {"email": self.susan.email})
        (code,) = re.findall(CODE, self.last_mail(), re.MULTILINE)
        form = {"code": code}
        response = self.client.post("/account/login/code/confirm/", form)
        self.assertRedirects(response, "/account/2fa/authenticate/")
        self.client = Client()
        self.client.post("/account/password/reset/", {"email": self.susan.email})
        (link,) = re.findall(r"http://[^/\s]+(/\S+/key/\S+)", self.last_mail())
        path = self.client.get(link, follow=True).redirect_chain[-1][0]
        new = {"password1": "another good phrase", "password2": "another good phrase"}
        self.assertRedirects(self.client.post(path, new), "/account/2fa/authenticate/")
        self.assertFalse(self.signed_in)

    def test_right_passwords_use_up_nothing(self) -> None:
        form = {"login": "susan", "password": PASSWORD}
        for _ in range(11):
            self.client.post("/account/login/", form)
            self.assertTrue(self.signed_in)
            self.client.logout()

    def test_guessing_stays_limited(self) -> None:
        self.lock("susan")
        form = {"login": "susan", "password": PASSWORD}
        self.client.post("/account/login/", form)
        self.assertFalse(self.signed_in)

    def test_wrong_passwords_count_by_nickname_and_address_together(self) -> None:
        for login in ("susan", self.susan.email.upper(), "SUSAN", "susan", "susan"):
            self.attack("/account/login/", {"login": login, "password": "x"}, 1)
        for login in ("susan", self.susan.email):
            self.assertIn("Too many failed", self.text_for(login))
            self.assertFalse(self.signed_in)

    def test_a_new_password_forgets_the_attempts_for_its_name_only(self) -> None:
        create_user("mary")
        wrong = [{"login": name, "password": "x"} for name in ("mary", "other")]
        for form in wrong * 5:
            self.client.post("/account/login/", form)
        self.client.post("/account/password/reset/", {"email": self.susan.email})
        (link,) = re.findall(r"http://[^/\s]+(/\S+/key/\S+)", self.last_mail())
        self.lock(self.susan.email)
        path = self.client.get(link, follow=True).redirect_chain[-1][0]
        new = {"password1": "another good phrase", "password2": "another good phrase"}
        self.client.post(path, new)
        self.assertTrue(self.signed_in)
        self.client.logout()
        form = {"login": self.susan.email, "password": "another good phrase"}
        self.client.post("/account/login/", form)
        self.assertFalse(self.signed_in, "The client has used up its attempts.")
        self.client = Client(REMOTE_ADDR="10.1.1.1")
        self.client.post("/account/login/", form)
        self.assertTrue(self.signed_in, "The name has attempts again.")

    def test_whatever_proxies_write_one_can_log_in(self) -> None:
        form = {"login": "susan", "password": PASSWORD}
        written = (None, "", ",", "unknown", "10.2.2.2, 10.3.3.3", ",[2001:db8::1]:80")
        # The peer of a Unix socket has no address.
        peers = ("127.0.0.1", "", "127.0.0.1", "", "127.0.0.1", "")
        more = ((0, None, ""), (2, "10.2.2.2", "127.0.0.1"), (2, "", ""))
        for count, forwarded, peer in (*zip(repeat(1), written, peers), *more):
            cache.clear()
            headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
            self.client = Client(headers=headers, REMOTE_ADDR=peer)
            with self.settings(ALLAUTH_TRUSTED_PROXY_COUNT=count):
                self.client.post("/account/login/", form)
            self.assertTrue(self.signed_in, (count, forwarded, peer))

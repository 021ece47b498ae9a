"""Sign-up, sign-in and logout."""

import os
import re
import time
from io import StringIO
from unittest.mock import patch

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client, TestCase, override_settings
from django.utils.functional import Promise

from accounts.models import User
from accounts.services import release_address
from accounts.tests.factories import PASSWORD, create_user, reauthenticate
from core.testing import run_tasks
from moderation.services import suspend_user

NEW = {
    "username": "Susan.1",
    "email": "susan@example.com",
    "password1": PASSWORD,
    "password2": PASSWORD,
}


@override_settings(
    EMAIL_BACKEND="core.mail.QueuedEmailBackend",
    DELIVERY_EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
)
class SignInTestCase(TestCase):
    def setUp(self) -> None:
        cache.clear()

    def user(self, nickname: str = "susan", **fields: object) -> User:
        user = create_user(nickname, **fields)
        EmailAddress.objects.create(
            user=user, email=user.email, verified=True, primary=True
        )
        return user

    def log_in(self, client: Client | None = None, **fields: str) -> object:
        data = {"login": "susan", "password": PASSWORD} | fields
        return (client or self.client).post("/account/login/", data, follow=True)

    def link_in_mail(self) -> str:
        run_tasks()
        found = re.search(r"http://localhost:8000(/\S+)", str(mail.outbox[-1].body))
        assert found
        return found[1]

    @property
    def signed_in(self) -> bool:
        return "_auth_user_id" in self.client.session


class FirstAdministratorTests(SignInTestCase):
    def test_a_new_superuser_logs_in_though_no_mail_works(self) -> None:
        User.objects.create_superuser("susan", "susan@example.com", PASSWORD)
        self.log_in()
        self.assertTrue(self.signed_in)
        self.assertEqual(self.client.get("/admin/").status_code, 200)
        run_tasks()
        self.assertEqual(mail.outbox, [])

    def test_an_address_with_capitals_is_the_same(self) -> None:
        with patch.dict(os.environ, DJANGO_SUPERUSER_PASSWORD=PASSWORD):
            call_command(
                "createsuperuser",
                username="boss",
                email="Boss@Example.COM",
                interactive=False,
                stdout=StringIO(),
            )
        boss = User.objects.get(username="boss")
        for login in ("Boss@Example.COM", "boss@example.com", "boss"):
            client = Client()
            client.post("/account/login/", {"login": login, "password": PASSWORD})
            signed_in = client.session.get("_auth_user_id")
            self.assertEqual(signed_in, str(boss.pk), login)
        for email in ("boss@example.com", "Boss@Example.com"):
            mail.outbox.clear()
            cache.clear()
            Client().post("/account/password/reset/", {"email": email})
            run_tasks()
            self.assertEqual([m.to for m in mail.outbox], [["boss@example.com"]])
        with self.assertRaises(IntegrityError), transaction.atomic():
            User.objects.create_superuser("other", "BOSS@example.com", PASSWORD)

    def test_a_superuser_whose_address_is_taken_is_not_stored(self) -> None:
        john = create_user("john")
        EmailAddress.objects.create(
            user=john, email="susan@example.com", verified=True, primary=False
        )
        with self.assertRaises(IntegrityError), transaction.atomic():
            User.objects.create_superuser("susan", "susan@example.com", PASSWORD)
        self.assertFalse(User.objects.named("susan").exists())


class SecurityKeyTests(SignInTestCase):
    def test_the_labels_can_be_translated(self) -> None:
        self.user()
        self.log_in()
        reauthenticate(self.client)
        page = self.client.get("/account/2fa/webauthn/add/")
        for name, label in (
            ("name", "Name"),
            ("passwordless", "Log in with this key alone"),
        ):
            self.assertEqual(page.context["form"][name].label, label)
            self.assertIsInstance(page.context["form"].fields[name].label, Promise)
            self.assertContains(page, label)


class SignUpTests(SignInTestCase):
    def test_sign_up_confirm_and_arrive(self) -> None:
        response = self.client.post("/account/signup/", NEW, follow=True)
        self.assertContains(response, "susan@example.com")
        self.assertFalse(self.signed_in)
        link = self.link_in_mail()
        self.assertEqual(mail.outbox[-1].to, ["susan@example.com"])
        self.assertIn("[microblog]", mail.outbox[-1].subject)
        response = self.client.post(link, follow=True)
        self.assertEqual(response.redirect_chain[-1][0], "/")
        self.assertEqual(User.objects.get().username, "Susan.1")

    def test_refuses_bad_nicknames_beside_the_field(self) -> None:
        for nickname in (
            "",
            ".",
            "..",
            "_",
            "a b",
            "a-b",
            "ñandú",
            "x" * 65,
            "a/b",
            "a\nb",
        ):
            response = self.client.post(
                "/account/signup/", NEW | {"username": nickname}
            )
            self.assertTrue(response.context["form"].errors["username"], nickname)
        self.assertContains(
            self.client.post("/account/signup/", NEW | {"username": "a b"}),
            "This nickname has invalid characters.",
        )
        self.assertFalse(User.objects.exists())

    def test_names_and_addresses_are_unique_ignoring_case(self) -> None:
        self.user("susan")
        response = self.client.post(
            "/account/signup/", NEW | {"username": "SUSAN", "email": "b@example.com"}
        )
        self.assertContains(response, "already in use")
        self.client.post("/account/signup/", NEW | {"email": "SUSAN@example.com"})
        self.assertEqual(User.objects.count(), 1)

    def test_an_address_in_use_is_reported_by_mail_only(self) -> None:
        """The response does not reveal who has an account."""
        self.user("susan")
        response = self.client.post("/account/signup/", NEW, follow=True)
        self.assertEqual(response.status_code, 200)
        run_tasks()
        self.assertEqual(len(mail.outbox), 1)

    def test_an_owner_is_notified_of_sign_ups_once_a_day(self) -> None:
        """Whatever the limit of mails about unconfirmed addresses."""
        self.user("owner", email=NEW["email"])
        limits = settings.ACCOUNT_RATE_LIMITS | {"confirm_email": ""}
        with self.settings(ACCOUNT_RATE_LIMITS=limits):
            for _ in range(3):
                Client().post("/account/signup/", NEW)
        run_tasks()
        self.assertEqual([message.to for message in mail.outbox], [[NEW["email"]]])

    def test_a_suspended_user_keeps_an_unconfirmed_address(self) -> None:
        troll = create_user("troll")
        EmailAddress.objects.create(user=troll, email=troll.email, primary=True)
        suspend_user(user=troll, by=create_user("boss"))
        self.assertFalse(release_address(troll.email))
        self.assertTrue(User.objects.filter(pk=troll.pk).exists())


class LogInTests(SignInTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.susan = self.user()

    def test_by_nickname_or_address_ignoring_case(self) -> None:
        for login in ("susan", "SUSAN", "susan@example.com", "Susan@Example.com"):
            self.client.logout()
            self.log_in(login=login)
            self.assertTrue(self.signed_in, login)

    def test_wrong_password_is_refused(self) -> None:
        response = self.log_in(password="wrong")
        self.assertContains(response, "not correct")
        self.assertFalse(self.signed_in)

    def test_remember_me(self) -> None:
        self.log_in()
        self.assertTrue(self.client.session.get_expire_at_browser_close())
        self.client.logout()
        self.log_in(remember="on")
        self.assertFalse(self.client.session.get_expire_at_browser_close())

    def test_lands_on_the_wanted_page(self) -> None:
        response = self.client.get("/edit", follow=True)
        self.assertContains(response, "Please log in to access this page.", count=1)
        (target,) = [url for url, _ in response.redirect_chain]
        response = self.client.post(
            target, {"login": "susan", "password": PASSWORD, "next": "/edit"}
        )
        self.assertRedirects(response, "/edit")

    def test_never_redirects_to_another_host(self) -> None:
        for target in (
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "http:evil.example",
        ):
            self.client.logout()
            response = self.client.post(
                "/account/login/",
                {"login": "susan", "password": PASSWORD, "next": target},
            )
            self.assertRedirects(response, "/", msg_prefix=target)

    def test_signed_in_users_go_home(self) -> None:
        self.client.force_login(self.susan)
        self.assertRedirects(self.client.get("/account/login/"), "/")

    def test_log_out_only_by_post(self) -> None:
        self.client.force_login(self.susan)
        self.client.get("/account/logout/")
        self.assertTrue(self.signed_in)
        self.client.post("/account/logout/")
        self.assertFalse(self.signed_in)

    def test_every_page_asks_for_a_login(self) -> None:
        for path in (
            "/", "/index", "/explore", "/user/susan", "/user/susan/followers",
            "/edit", "/preferences", "/search?q=a", "/post/1", "/explore.atom",
            "/account/email/", "/account/2fa/", "/account/sessions/",
        ):  # fmt: skip
            response = self.client.get(path)
            self.assertEqual(response.status_code, 302, path)
            self.assertTrue(response["Location"].startswith("/account/login/"), path)

    def test_htmx_is_told_to_load_the_login_page(self) -> None:
        response = self.client.post("/user/x/follow", headers={"hx-request": "true"})
        self.assertEqual(response.status_code, 401)
        self.assertTrue(response["HX-Redirect"].startswith("/account/login/"))

    def test_too_many_wrong_passwords_are_slowed_down(self) -> None:
        for _ in range(6):
            response = self.log_in(password="wrong")
        self.assertContains(response, "Too many failed")
        self.log_in()
        self.assertFalse(self.signed_in)


class PasswordTests(SignInTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.susan = self.user()

    def test_reset_by_mail(self) -> None:
        self.client.post("/account/password/reset/", {"email": "susan@example.com"})
        response = self.client.get(self.link_in_mail(), follow=True)
        path = response.redirect_chain[-1][0]
        new = "another good phrase 7"
        self.client.post(path, {"password1": new, "password2": new})
        self.susan.refresh_from_db()
        self.assertTrue(self.susan.check_password(new))

    def test_reset_does_not_reveal_who_has_an_account(self) -> None:
        for address in ("susan@example.com", "nobody@example.com"):
            response = self.client.post("/account/password/reset/", {"email": address})
            self.assertRedirects(response, "/account/password/reset/done/")

    def test_sign_out_everywhere(self) -> None:
        other = Client()
        self.log_in(other)
        self.log_in()
        reauthenticate(self.client)
        self.client.get("/account/sessions/")
        self.assertEqual(UserSession.objects.count(), 2)
        self.client.post("/account/sessions/")
        self.assertEqual(other.get("/").status_code, 302)
        self.assertEqual(self.client.get("/").status_code, 200)


class TwoFactorTests(SignInTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.susan = self.user()
        self.log_in()
        # A factor is added only by who knows the password.
        reauthenticate(self.client)

    def code(self, secret: str) -> str:
        counter = next(yield_hotp_counters_from_time())
        return format_hotp_value(hotp_value(secret, counter))

    def test_authenticator_app_and_recovery_codes(self) -> None:
        page = self.client.get("/account/2fa/totp/activate/")
        secret = page.context["form"].secret
        self.assertContains(page, "data:image/svg+xml")
        self.client.post("/account/2fa/totp/activate/", {"code": self.code(secret)})
        self.assertTrue(
            Authenticator.objects.filter(user=self.susan, type="totp").exists()
        )
        codes = (
            Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
        )

        self.client.post("/account/logout/")
        response = self.log_in()
        self.assertFalse(self.signed_in)
        self.assertContains(response, "authenticator")
        self.client.post("/account/2fa/authenticate/", {"code": "000000"})
        self.assertFalse(self.signed_in)
        self.client.post("/account/2fa/authenticate/", {"code": codes[0]})
        self.assertTrue(self.signed_in)

    def test_the_code_of_the_activation_does_not_log_in(self) -> None:
        cache.clear()
        path = "/account/2fa/totp/activate/"
        secret = self.client.get(path).context["form"].secret
        # The clock stands still, so that the code is valid to the end of the test.
        now = time.time()
        with patch("allauth.mfa.totp.internal.auth.time.time", return_value=now):
            code = self.code(secret)
            self.client.post(path, {"code": code})
            self.client.post("/account/logout/")
            self.log_in()
            page = self.client.post("/account/2fa/authenticate/", {"code": code})
        self.assertContains(page, "Incorrect code")
        self.assertFalse(self.signed_in)

    def test_passkey_pages_carry_no_inline_script(self) -> None:
        for path in ("/account/2fa/", "/account/2fa/webauthn/add/"):
            response = self.client.get(path)
            self.assertEqual(response.status_code, 200, path)
            for tag in re.findall(r"<script[^>]*>", response.content.decode()):
                self.assertTrue("src=" in tag or "application/json" in tag, tag)
        self.client.logout()
        self.assertContains(self.client.get("/account/login/"), "passkey")

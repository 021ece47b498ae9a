"""One password hash on every path, and never while a transaction holds a lock."""

from __future__ import annotations

import re
from typing import ClassVar

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection
from django.test import Client, TestCase, TransactionTestCase, override_settings
from django_tasks_db.models import DBTaskResult

from accounts.models import User
from accounts.tests.factories import PASSWORD, create_user, reauthenticate
from core.testing import run_tasks

NEW_PASSWORD = "another good phrase 7"


def transaction_has_begun() -> bool:
    """Return whether the database itself is in a transaction."""
    connection.ensure_connection()
    raw = connection.connection
    match connection.vendor:
        case "sqlite":
            return bool(raw.in_transaction)
        case "postgresql":
            return raw.info.transaction_status.name != "IDLE"
    return not raw.get_autocommit()


class CountingHasher(MD5PasswordHasher):
    """Records for each hash whether a transaction had begun."""

    begun: ClassVar[list[bool]] = []

    def encode(self, password: str, salt: str) -> str:
        self.begun.append(transaction_has_begun())
        return super().encode(password, salt)


class BrokenBackend(BaseEmailBackend):
    """A mail queue that cannot be written."""

    def send_messages(self, email_messages: object) -> int:
        raise RuntimeError


counting = override_settings(
    PASSWORD_HASHERS=[f"{__name__}.CountingHasher"],
    EMAIL_BACKEND="core.mail.QueuedEmailBackend",
    DELIVERY_EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
)


def sign_up_form(nickname: str, email: str = "") -> dict[str, str]:
    return {
        "username": nickname,
        "email": email or f"{nickname}@example.com",
        "password1": PASSWORD,
        "password2": PASSWORD,
    }


def verified(nickname: str, **fields: object) -> User:
    user = create_user(nickname, **fields)
    EmailAddress.objects.create(
        user=user, email=user.email, verified=True, primary=True
    )
    return user


@counting
class LockTests(TransactionTestCase):
    """SQLite's one write lock is free while a password is hashed."""

    def hashes_of(self, path: str, form: dict[str, str], hashes: int) -> None:
        """Submit a form; check the number of hashes, all outside any transaction."""
        CountingHasher.begun.clear()
        response = self.client.post(path, form)
        self.assertEqual(response.status_code, 302, path)
        self.assertEqual(CountingHasher.begun, [False] * hashes, path)

    def test_users_sign_up_and_in_and_change_their_password(self) -> None:
        self.hashes_of("/account/signup/", sign_up_form("susan"), 1)
        user = User.objects.get()
        self.assertTrue(user.check_password(PASSWORD))
        EmailAddress.objects.update(verified=True)
        self.client = Client()
        login = {"login": "susan", "password": PASSWORD}
        self.hashes_of("/account/login/", login, 1)
        self.hashes_of("/account/reauthenticate/", {"password": PASSWORD}, 1)
        new = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
        change = {"oldpassword": PASSWORD, **new}
        self.hashes_of("/account/password/change/", change, 2)
        user.refresh_from_db()
        user.set_unusable_password()
        user.save()
        self.client.force_login(user)
        self.client.post("/account/reauthenticate/code/", {"send": "1"})
        run_tasks()
        (code,) = re.findall(r"^([A-Z0-9-]{6,})$", str(mail.outbox[-1].body), re.M)
        self.client.post("/account/reauthenticate/code/", {"code": code})
        self.hashes_of("/account/password/set/", new, 1)

    def test_a_password_is_reset(self) -> None:
        user = verified("susan")
        self.client.post("/account/password/reset/", {"email": user.email})
        run_tasks()
        found = re.search(r"http://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
        path = self.client.get(found[1], follow=True).redirect_chain[-1][0]
        new = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
        self.hashes_of(path, new, 1)
        user.refresh_from_db()
        self.assertTrue(user.check_password(NEW_PASSWORD))

    def test_the_admin_adds_users_and_sets_passwords(self) -> None:
        boss = User.objects.create_superuser("boss", "boss@example.com", PASSWORD)
        self.client.force_login(boss)
        reauthenticate(self.client)
        form = sign_up_form("susan") | {"usable_password": "true"}
        self.hashes_of("/admin/accounts/user/add/", form, 1)
        susan = User.objects.get(username="susan")
        self.assertTrue(susan.check_password(PASSWORD))
        form = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
        path = f"/admin/accounts/user/{susan.pk}/password/"
        self.hashes_of(path, form | {"usable_password": "true"}, 1)
        susan.refresh_from_db()
        self.assertTrue(susan.check_password(NEW_PASSWORD))

    def test_a_step_that_fails_leaves_no_half_user(self) -> None:
        client = Client(raise_request_exception=False)
        with override_settings(EMAIL_BACKEND=f"{__name__}.BrokenBackend"):
            response = client.post("/account/signup/", sign_up_form("susan"))
        self.assertEqual(response.status_code, 500)
        self.assertFalse(User.objects.exists())
        self.assertFalse(EmailAddress.objects.exists())


@counting
class EqualWorkTests(TestCase):
    """The work of a response does not reveal who has an account."""

    sent = 0

    def setUp(self) -> None:
        verified("susan")
        unusable = verified("otto")
        unusable.set_unusable_password()
        unusable.save()
        verified("gone", is_active=False)

    def work_of(self, path: str, form: dict[str, str]) -> tuple[int, int]:
        """Submit a form; return the number of hashes and of mails."""
        CountingHasher.begun.clear()
        mails = DBTaskResult.objects.filter(task_path="core.mail.deliver")
        before = mails.count()
        # Each from an IP address of its own, which is not limited.
        self.sent += 1
        Client(REMOTE_ADDR=f"10.0.0.{self.sent}").post(path, form)
        return len(CountingHasher.begun), mails.count() - before

    def test_login(self) -> None:
        for login in (
            "nobody", "susan", "otto", "gone",
            "nobody@example.com", "susan@example.com", "otto@example.com",
            "gone@example.com", "@", "Susan@", "a@b@c",
        ):  # fmt: skip
            work = self.work_of("/account/login/", {"login": login, "password": "x"})
            self.assertEqual(work, (1, 0), login)
        for login in ("susan", "gone"):
            form = {"login": login, "password": PASSWORD}
            self.assertEqual(self.work_of("/account/login/", form), (1, 0), login)

    def test_sign_up(self) -> None:
        for name, form in {
            "free": sign_up_form("anna"),
            "taken address": sign_up_form("berta", "susan@example.com"),
        }.items():
            self.assertEqual(self.work_of("/account/signup/", form), (1, 1), name)
        for name, form in {
            "taken nickname": sign_up_form("susan", "dora@example.com"),
            "both taken": sign_up_form("susan"),
            # At most one mail in three minutes.
            "free at first": sign_up_form("clara", "anna@example.com"),
            "taken at first": sign_up_form("clara", "susan@example.com"),
        }.items():
            self.assertEqual(self.work_of("/account/signup/", form), (1, 0), name)

    def test_mails_with_a_key(self) -> None:
        for path in ("/account/password/reset/", "/account/login/code/"):
            for name in ("susan", "nobody", "gone"):
                form = {"email": f"{name}@example.com"}
                self.assertEqual(self.work_of(path, form), (0, 1), (path, name))

    def test_visitors_get_no_mail(self) -> None:
        for path in ("/account/password/reset/", "/account/login/code/"):
            Client().post(path, {"email": "nobody@example.com"})
        run_tasks()
        self.assertEqual(mail.outbox, [])
        self.assertFalse(DBTaskResult.objects.failed().exists())

    @override_settings(ACCOUNT_RATE_LIMITS={"confirm_email": ""})
    def test_owners_are_notified_of_sign_ups_once_a_day(self) -> None:
        for nickname in ("anna", "berta", "clara"):
            form = sign_up_form(nickname, "susan@example.com")
            self.assertEqual(self.work_of("/account/signup/", form), (1, 1))
        run_tasks()
        self.assertEqual([sent.to for sent in mail.outbox], [["susan@example.com"]])

"""Sensitive pages require reauthentication, and nobody is locked out of them."""

import json
import re
from importlib import import_module

from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal.flows.connect import resume_connect
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.contrib.auth.models import Group
from django.core import mail
from django.core.cache import cache
from django.http import HttpRequest
from django.test import TestCase, override_settings
from django.urls import URLPattern, URLResolver, reverse

from accounts.models import User
from accounts.reauthentication_code import CODE_KEY, CODE_SECONDS
from accounts.tests.factories import PASSWORD, create_user, reauthenticate

# Every view of django-allauth, and what it requires of signed-in users.
ASKS = {
    "account_email",
    "account_set_password",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "mfa_deactivate_totp",
    "mfa_download_recovery_codes",
    "mfa_edit_webauthn",
    "mfa_generate_recovery_codes",
    "mfa_index",
    "mfa_list_webauthn",
    "mfa_remove_webauthn",
    "mfa_view_recovery_codes",
    "socialaccount_connections",
    "usersessions_list",
}
# The form itself asks for the old password.
ASKS_IN_ITS_FORM = {"account_change_password"}
# With process=connect, which adds a way to sign in.
ASKS_TO_CONNECT = {"openid_connect_login"}
# Sign-in, sign-up and logout, links from mails, and the reauthentication pages.
OPEN = {
    "account_confirm_email",
    "account_confirm_login_code",
    "account_email_verification_sent",
    "account_inactive",
    "account_login",
    "account_logout",
    "account_reauthenticate",
    "account_request_login_code",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_signup",
    "mfa_authenticate",
    "mfa_login_webauthn",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "openid_connect_callback",
    "socialaccount_login_cancelled",
    "socialaccount_login_error",
    "socialaccount_signup",
}
ARGUMENTS = {
    "mfa_edit_webauthn": {"pk": 1},
    "mfa_remove_webauthn": {"pk": 1},
    "openid_connect_login": {"provider_id": "local"},
}
PROVIDER = {
    "provider_id": "local",
    "name": "Local",
    "client_id": "microblog",
    "settings": {"server_url": "http://127.0.0.1:9"},
}


def names(patterns: list[object]) -> set[str]:
    """Return the names of all views below these patterns."""
    found = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            found.add(str(pattern.name))
    return found


@override_settings(SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": [PROVIDER]}})
class SecurityPagesTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan")
        EmailAddress.objects.create(
            user=cls.susan, email=cls.susan.email, verified=True, primary=True
        )

    def setUp(self) -> None:
        cache.clear()
        self.client.force_login(self.susan)

    def asks(self, method: str, path: str, data: dict[str, str] | None = None) -> bool:
        response = getattr(self.client, method)(path, data or {})
        location = response.get("Location", "")
        return location.startswith("/account/reauthenticate/?next=")

    def test_the_table_names_every_view(self) -> None:
        here = names(import_module("allauth.urls").urlpatterns)
        known = ASKS | ASKS_IN_ITS_FORM | ASKS_TO_CONNECT | OPEN
        self.assertEqual(here - {"None"}, known)

    def test_each_view_asks_as_the_table_says(self) -> None:
        for name in sorted(ASKS):
            path = reverse(name, kwargs=ARGUMENTS.get(name))
            for method in ("get", "post", "head", "put"):
                self.assertTrue(self.asks(method, path), (name, method))

    def test_a_new_login_is_not_enough(self) -> None:
        self.client.logout()
        self.client.post("/account/login/", {"login": "susan", "password": PASSWORD})
        self.assertTrue(self.asks("get", "/account/email/"))

    def test_the_password_opens_them_for_a_while(self) -> None:
        reauthenticate(self.client)
        for name in sorted(ASKS - {"account_set_password"}):
            path = reverse(name, kwargs=ARGUMENTS.get(name))
            self.assertFalse(self.asks("get", path), name)
        with override_settings(ACCOUNT_REAUTHENTICATION_TIMEOUT=0):
            self.assertTrue(self.asks("get", "/account/email/"))

    def test_a_wrong_password_opens_nothing(self) -> None:
        self.client.post("/account/reauthenticate/", {"password": "wrong"})
        self.assertTrue(self.asks("get", "/account/email/"))

    def test_another_users_password_of_the_same_browser_does_not_count(self) -> None:
        reauthenticate(self.client)
        self.client.force_login(create_user("other"))
        self.assertTrue(self.asks("get", "/account/email/"))

    def test_connecting_another_site_asks_but_signing_in_does_not(self) -> None:
        path = reverse("openid_connect_login", kwargs={"provider_id": "local"})
        self.assertTrue(self.asks("get", f"{path}?process=connect"))
        self.assertTrue(self.asks("post", f"{path}?process=connect"))
        self.assertTrue(self.asks("post", path, {"process": "connect"}))
        self.assertTrue(self.asks("post", f"{path}?process=connect", {"process": ""}))
        self.client.logout()
        self.assertFalse(self.asks("post", f"{path}?process=login"))

    def test_a_site_that_waits_to_be_connected_is_forgotten(self) -> None:
        """An attacker in the session has begun it; the owner gives the password."""
        account = SocialAccount(provider="local", uid="thief")
        provider = get_adapter().get_provider(HttpRequest(), "local")
        thief = User(email="thief@example.com")
        login = SocialLogin(user=thief, account=account, provider=provider)
        login.state = {"process": "connect"}
        session = self.client.session
        session[STATE_SESSION_KEY] = {
            "state": login.serialize(),
            "callback": f"{resume_connect.__module__}.{resume_connect.__name__}",
        }
        session.save()
        reauthenticate(self.client)
        self.assertFalse(SocialAccount.objects.exists())

    def test_the_password_form_asks_by_itself(self) -> None:
        new = "another good phrase 7"
        data = {"oldpassword": "wrong", "password1": new, "password2": new}
        self.client.post("/account/password/change/", data)
        self.susan.refresh_from_db()
        self.assertTrue(self.susan.check_password(PASSWORD))

    def test_what_was_sent_is_neither_done_nor_forgotten_silently(self) -> None:
        data = {"action_add": "", "email": "new@example.com"}
        response = self.client.post("/account/email/", data, follow=True)
        self.assertContains(response, "Nothing has been changed yet.")
        kept = json.dumps(dict(self.client.session))
        self.assertNotIn("new@example.com", kept)
        response = self.client.post(
            "/account/reauthenticate/",
            {"password": PASSWORD, "next": "/account/email/"},
            follow=True,
        )
        self.assertEqual(response.redirect_chain, [("/account/email/", 302)])
        self.assertFalse(EmailAddress.objects.filter(email="new@example.com").exists())
        self.client.post("/account/email/", data)
        self.assertTrue(EmailAddress.objects.filter(email="new@example.com").exists())

    def test_htmx_is_told_to_load_the_page_that_asks(self) -> None:
        response = self.client.get("/account/email/", headers={"hx-request": "true"})
        self.assertEqual(response.status_code, 401)
        self.assertTrue(response["HX-Redirect"].startswith("/account/reauthenticate/"))

    def test_a_moment_in_the_future_does_not_count(self) -> None:
        """From a clock that has been set back since."""
        reauthenticate(self.client)
        self.assertFalse(self.asks("get", "/account/email/"))
        session = self.client.session
        for record in session["account_authentication_methods"]:
            record["at"] += 3600
        session.save()
        self.assertTrue(self.asks("get", "/account/email/"))


class AddressesTests(TestCase):
    """Nobody can make the site mail many addresses of others."""

    def setUp(self) -> None:
        cache.clear()
        self.susan = create_user("susan")
        EmailAddress.objects.create(
            user=self.susan, email=self.susan.email, verified=True, primary=True
        )
        self.client.force_login(self.susan)
        reauthenticate(self.client)

    def send(self, action: str, email: str) -> int:
        data = {f"action_{action}": "", "email": email}
        return self.client.post("/account/email/", data).status_code

    def test_the_primary_address_made_primary_again_is_no_change(self) -> None:
        other = "other@example.com"
        EmailAddress.objects.create(user=self.susan, email=other, verified=True)
        mail.outbox.clear()
        self.send("primary", self.susan.email)
        self.assertEqual(mail.outbox, [])
        self.send("primary", other)
        self.assertEqual([m.to for m in mail.outbox], [[self.susan.email]])
        self.assertIn(other, str(mail.outbox[0].body))

    def test_five_addresses(self) -> None:
        for number in range(6):
            self.send("add", f"other{number}@example.com")
        self.assertEqual(EmailAddress.objects.count(), 5)

    def test_a_number_of_changes_a_day(self) -> None:
        email = "other@example.com"
        statuses = []
        for number in range(25):
            # After a minute, as far as the limit of a minute is concerned.
            minute = "10/60/user"
            name = f"allauth:rl:allauth.account:manage_email:{minute}"
            cache.delete(f"{name}:user:{self.susan.pk}")
            action = "remove" if number % 2 else "add"
            statuses.append(self.send(action, email))
        self.assertEqual([s for s in statuses if s == 429], [429] * 5)


class WithoutPasswordTests(TestCase):
    """Users who sign in through a provider only reauthenticate with a mailed code."""

    page = "/account/reauthenticate/code/?next=%2Faccount%2Femail%2F"

    @classmethod
    def setUpTestData(cls) -> None:
        cls.john = create_user("john", password=None)
        EmailAddress.objects.create(
            user=cls.john, email=cls.john.email, verified=True, primary=True
        )
        SocialAccount.objects.create(user=cls.john, provider="local", uid="1")

    def setUp(self) -> None:
        cache.clear()
        self.client.force_login(self.john)

    def code(self) -> str:
        found = re.search(r"\n\n([A-Z0-9-]+)\n\n", str(mail.outbox[-1].body))
        assert found, mail.outbox[-1].body
        return found[1]

    def answer(self, code: str) -> object:
        return self.client.post(self.page, {"code": code, "next": "/account/email/"})

    def test_the_code_opens_the_page_that_asked(self) -> None:
        for name in sorted(ASKS):
            path = reverse(name, kwargs=ARGUMENTS.get(name))
            response = self.client.get(path)
            self.assertIn("/account/reauthenticate/code/", response["Location"], name)
        page = self.client.get("/account/email/", follow=True)
        self.assertContains(page, 'name="send"')
        self.assertNotContains(page, 'name="code"')
        page = self.client.post(self.page, {"send": "1"}, follow=True)
        self.assertContains(page, 'name="code"')
        self.assertEqual(mail.outbox[-1].to, ["john@example.com"])
        self.assertNotIn(self.code(), json.dumps(dict(self.client.session)))
        self.assertRedirects(self.answer(self.code()), "/account/email/")
        self.assertEqual(self.client.get("/account/2fa/").status_code, 200)

    def test_a_code_counts_once_and_for_a_few_attempts(self) -> None:
        self.client.post(self.page, {"send": "1"})
        code = self.code()
        for _ in range(5):
            self.assertContains(self.answer("WRONG"), "is not correct")
        self.assertContains(self.answer(code), "too old")
        self.client.post(self.page, {"send": "1"})
        self.assertContains(self.answer(code), "is not correct")
        self.assertEqual(self.answer(self.code()).status_code, 302)
        cache.clear()
        self.assertContains(self.answer(self.code()), "too old")

    def test_guesses_that_are_sent_at_once_are_all_counted(self) -> None:
        """Each of them reads the session before another one has stored it."""
        self.client.post(self.page, {"send": "1"})
        before = self.client.session[CODE_KEY]
        for guess in ("WRONG",) * 5 + (self.code(),):
            session = self.client.session
            session[CODE_KEY] = before
            session.save()
            response = self.answer(guess)
        self.assertContains(response, "too old")

    def test_an_old_code_is_refused(self) -> None:
        self.client.post(self.page, {"send": "1"})
        session = self.client.session
        session[CODE_KEY] = session[CODE_KEY] | {
            "until": session[CODE_KEY]["until"] - CODE_SECONDS
        }
        session.save()
        self.assertContains(self.answer(self.code()), "too old")

    def test_few_codes_are_sent(self) -> None:
        statuses = [
            self.client.post(self.page, {"send": "1"}).status_code for _ in range(7)
        ]
        self.assertEqual(statuses, [302] * 5 + [429] * 2)
        self.assertEqual(len(mail.outbox), 5)

    def test_who_has_a_password_or_key_is_redirected_there(self) -> None:
        Authenticator.objects.create(user=self.john, type="totp", data={"secret": "x"})
        for method in (self.client.get, self.client.post):
            response = method(self.page, {"send": "1"})
            self.assertIn("/account/2fa/reauthenticate/", response["Location"])
        self.john.set_password(PASSWORD)
        self.john.save()
        self.client.force_login(self.john)
        response = self.client.get(self.page)
        self.assertIn("/account/reauthenticate/?", response["Location"])
        self.assertEqual(mail.outbox, [])

    def test_they_can_set_a_password(self) -> None:
        self.client.post(self.page, {"send": "1"})
        self.answer(self.code())
        data = {"password1": PASSWORD, "password2": PASSWORD}
        self.client.post("/account/password/set/", data)
        self.assertTrue(User.objects.get(pk=self.john.pk).check_password(PASSWORD))

    def test_the_session_has_no_code_however_written(self) -> None:
        self.client.post(self.page, {"send": "1"})
        letters = self.code().replace("-", "").lower()
        kept = json.dumps(dict(self.client.session)).lower()
        self.assertNotIn(letters, kept.replace("-", ""))


class RightsTests(TestCase):
    """A stolen session, or a form sent by a script, grants no permissions."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.boss = create_user("boss", is_staff=True, is_superuser=True)
        cls.susan = create_user("susan")
        cls.group = Group.objects.create(name="Helpers")

    def setUp(self) -> None:
        cache.clear()
        self.client.force_login(self.boss)
        user = f"/admin/accounts/user/{self.susan.pk}"
        group = f"/admin/auth/group/{self.group.pk}"
        self.pages = [
            "/admin/accounts/user/add/",
            f"{user}/change/",
            f"{user}/delete/",
            f"{user}/password/",
            "/admin/auth/group/",
            "/admin/auth/group/add/",
            f"{group}/change/",
            f"{group}/delete/",
            "/admin/account/emailaddress/",
            "/admin/mfa/authenticator/",
            "/admin/socialaccount/socialaccount/",
            "/admin/usersessions/usersession/",
        ]

    def asks(self, method: str, path: str, **data: object) -> bool:
        response = getattr(self.client, method)(path, data)
        return response.get("Location", "").startswith("/account/reauthenticate/?")

    def test_every_page_of_rights_asks_for_the_password(self) -> None:
        for path in self.pages:
            for method in ("get", "post"):
                self.assertTrue(self.asks(method, path), (method, path))
        reauthenticate(self.client)
        for path in self.pages:
            self.assertEqual(self.client.get(path).status_code, 200, path)

    def test_rights_change_only_afterwards(self) -> None:
        path = f"/admin/accounts/user/{self.susan.pk}/change/"
        data = {
            "username": "susan", "email": "susan@example.com", "about_me": "",
            "language": "", "time_zone": "", "is_staff": "on", "is_superuser": "on",
        }  # fmt: skip
        response = self.client.post(path, data, follow=True)
        self.assertContains(response, "Nothing has been changed yet.")
        self.susan.refresh_from_db()
        self.assertFalse(self.susan.is_superuser)
        reauthenticate(self.client)
        self.client.post(path, data)
        self.susan.refresh_from_db()
        self.assertTrue(self.susan.is_superuser)

    def test_deleting_many_users_asks_but_looking_and_suspending_do_not(self) -> None:
        users = "/admin/accounts/user/"
        chosen = {"_selected_action": [self.susan.pk]}
        self.assertTrue(self.asks("post", users, action="delete_selected", **chosen))
        two_lists = ["suspend", "delete_selected"]
        for actions in (two_lists, two_lists[::-1]):
            chosen["action"] = actions
            self.assertTrue(self.asks("post", users, index=1, **chosen), actions)
        del chosen["action"]
        self.assertFalse(self.asks("get", users))
        self.assertFalse(self.asks("post", users, action="suspend", **chosen))
        self.susan.refresh_from_db()
        self.assertTrue(self.susan.is_suspended)

    def test_the_admins_own_password_form_is_the_sites(self) -> None:
        """Which limits attempts."""
        for method in (self.client.get, self.client.post):
            response = method("/admin/password_change/")
            self.assertRedirects(response, "/account/password/change/")

"""E-mail addresses have one spelling, and other names hide nothing either."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.core import mail
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client, SimpleTestCase, TestCase

from accounts.models import AddressChange, User
from accounts.tests.factories import (
    PASSWORD,
    confirm_address,
    create_user,
    reauthenticate,
)
from core.mail_addresses import clean_address
from core.testing import run_tasks

STORED = "susan@xn--bcher-kva.example"
SPELLINGS = (
    "susan@bücher.example",
    "susan@BÜCHER.Example",
    "susan@bu\u0308cher.example",
    "susan@ｂücher.example",
    "susan@bücher。example",
    "susan@XN--BCHER-KVA.example",
)
REFUSED = (
    *(f"susan@ex{c}ample.com" for c in "\u200b\u00ad\u2060\ufe0f\u200d\u202e\x85"),
    "susan@xn--a.example",
    "susan@-ü.example",
    f"susan@{'ü' * 63}.example",
    '"\x01"@b.c',
)


class SpellingTests(SimpleTestCase):
    def test_one(self) -> None:
        for spelling in SPELLINGS:
            self.assertEqual(clean_address(spelling), STORED, ascii(spelling))
        self.assertEqual(clean_address("Susan@Example.COM"), "Susan@example.com")
        self.assertEqual(
            clean_address("a@r3---sn.example.com"), "a@r3---sn.example.com"
        )

    def test_none(self) -> None:
        long = f"{'a' * 60}@{'ü' * 40}.{'ü' * 40}.{'ü' * 40}.{'ü' * 40}.example"
        for address in (*REFUSED, "", "susan", "sus\u200ban@example.com", long):
            with self.assertRaises(ValidationError, msg=ascii(address)):
                clean_address(address)


class AddressTests(TestCase):
    def setUp(self) -> None:
        cache.clear()

    def sign_up(self, address: str, nickname: str = "newcomer") -> object:
        fields = {"username": nickname, "password1": PASSWORD, "password2": PASSWORD}
        cache.clear()
        return Client().post("/account/signup/", fields | {"email": address})

    def test_invisible_characters_make_no_account(self) -> None:
        for address in REFUSED:
            self.assertEqual(self.sign_up(address).status_code, 200, ascii(address))
        self.assertFalse(User.objects.exists())

    def test_another_spelling_makes_no_second_account(self) -> None:
        for number, spelling in enumerate(SPELLINGS):
            self.sign_up(spelling, f"newcomer{number}")
        self.assertEqual([user.email for user in User.objects.all()], [STORED])
        self.assertEqual(EmailAddress.objects.get().email, STORED)
        run_tasks()
        self.assertEqual({to for one in mail.outbox for to in one.to}, {STORED})

    def test_each_spelling_finds_its_owner(self) -> None:
        user = create_user("susan", email=SPELLINGS[0])
        self.assertEqual(user.email, STORED)
        confirm_address(user)
        for spelling in SPELLINGS:
            cache.clear()
            client = Client()
            client.post("/account/login/", {"login": spelling, "password": PASSWORD})
            self.assertIn("_auth_user_id", client.session, ascii(spelling))
        for path in ("/account/password/reset/", "/account/login/code/"):
            cache.clear()
            mail.outbox.clear()
            Client().post(path, {"email": SPELLINGS[3]})
            run_tasks()
            self.assertEqual([one.to for one in mail.outbox], [[STORED]], path)

    def test_added_by_its_owner(self) -> None:
        user = create_user("susan")
        confirm_address(user)
        self.client.force_login(user)
        reauthenticate(self.client)
        for address in (*REFUSED[:4], SPELLINGS[0]):
            form = {"action_add": "", "email": address}
            self.client.post("/account/email/", form)
        added = EmailAddress.objects.exclude(email=user.email)
        self.assertEqual([row.email for row in added], [STORED])

    def test_entered_by_a_superuser(self) -> None:
        call_command(
            "createsuperuser", "--noinput", username="boss", email=SPELLINGS[1]
        )
        boss = User.objects.get(email=STORED)
        boss.set_password(PASSWORD)
        boss.save()
        self.client.force_login(boss)
        reauthenticate(self.client)
        user = create_user("troll")
        page = f"/admin/accounts/user/{user.pk}/change/"
        fields = {"username": "troll", "about_me": "", "language": "", "time_zone": ""}
        new = {
            "username": "other", "usable_password": "true",
            "password1": PASSWORD, "password2": PASSWORD,
        }  # fmt: skip
        for address in (*REFUSED[:4], SPELLINGS[2]):
            self.client.post(page, fields | {"email": address})
            self.client.post("/admin/accounts/user/add/", new | {"email": address})
        self.assertFalse(AddressChange.objects.exists(), "It is the superuser's own.")
        self.assertFalse(User.objects.filter(username="other").exists())
        self.client.post(page, fields | {"email": SPELLINGS[2].replace("susan", "jo")})
        self.assertEqual(
            AddressChange.objects.get().email, STORED.replace("susan", "jo")
        )


class NameTests(TestCase):
    """What else people and browsers are asked for, and others read."""

    def setUp(self) -> None:
        self.user = create_user("susan", is_staff=True, is_superuser=True)
        confirm_address(self.user)

    def test_of_security_keys(self) -> None:
        self.client.force_login(self.user)
        reauthenticate(self.client)
        for name in ("a\ufffeb", "a\x9bb", "x" * 101):
            page = self.client.post("/account/2fa/webauthn/add/", {"name": name})
            self.assertTrue(page.context["form"].errors["name"], ascii(name))
        data = {"name": "old", "credential": {}, "passwordless": False}
        key = Authenticator.objects.create(user=self.user, type="webauthn", data=data)
        edit = f"/account/2fa/webauthn/keys/{key.pk}/edit/"
        self.assertContains(self.client.get(edit), 'value="old"')
        for name in ("a\ufffeb", "a\x9bb", "\u2063", "x" * 101):
            self.client.post(edit, {"name": name})
            key.refresh_from_db()
            self.assertEqual(key.data["name"], "old", ascii(name))
        self.client.post(edit, {"name": " a\u202eb "})
        key.refresh_from_db()
        self.assertEqual(key.data["name"], "a\u2067b\u2069")

    def test_of_browsers(self) -> None:
        name = "Moz\x85\x9b31m\x80\x00 \x7f\x1b[31m"
        client = Client(HTTP_USER_AGENT=name)
        client.post("/account/login/", {"login": "susan", "password": PASSWORD})
        stored = UserSession.objects.get().user_agent
        self.assertEqual(stored, "Moz\ufffd\ufffd31m\ufffd\ufffd \ufffd\ufffd[31m")
        reauthenticate(client)
        for path in ("/account/sessions/", "/admin/usersessions/usersession/"):
            self.assertNotRegex(client.get(path).text, r"[\x00\x1b\x7f-\x9f]")

    def test_of_groups(self) -> None:
        self.client.force_login(self.user)
        reauthenticate(self.client)
        before = set(Group.objects.values_list("name", flat=True))
        for name in ("x\ufffey", "x\x1by", "\u2063", "x" * 151):
            page = self.client.post("/admin/auth/group/add/", {"name": name})
            self.assertEqual(page.status_code, 200, ascii(name))
        self.client.post("/admin/auth/group/add/", {"name": " x\u202ey"})
        after = set(Group.objects.values_list("name", flat=True))
        self.assertEqual(after - before, {"x\u2067y\u2069"})

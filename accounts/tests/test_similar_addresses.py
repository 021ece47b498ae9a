"""Addresses that a database or ``str.lower`` takes for another user's."""

from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.providers import checked_claims
from accounts.services import release_address, verified_owner
from accounts.tests.factories import PASSWORD, create_user, reauthenticate
from accounts.tests.test_provider_answers import AnswerTestCase
from core.testing import run_tasks

KELVIN = "\u212a"  # lower() makes a "k" of it
# Each with what a database, ``lower`` or IDNA 2003 makes of it.
SIMILAR = {
    "alice@exámple.com": "alice@example.com",
    "álice@example.com": "alice@example.com",
    f"mi{KELVIN}e@example.com": "mike@example.com",
    "susan@faß.example": "susan@fass.example",
    "\u017fusan@fass.example": "susan@fass.example",
}


class SimilarAddressTests(AnswerTestCase):
    def owner(self, nickname: str, email: str, *, verified: bool = True) -> User:
        user = create_user(nickname, email=email, signed_up=True)
        EmailAddress.objects.create(
            user=user, email=email, verified=verified, primary=True
        )
        return user

    def test_a_provider_opens_nobody_elses_account(self) -> None:
        for number, (similar, email) in enumerate(SIMILAR.items()):
            with self.subTest(similar=similar):
                User.objects.all().delete()
                owner = self.owner("owner", email)
                client = Client()
                claims = {"email": similar, "email_verified": True}
                self.provider.says({"sub": f"similar{number}", **claims})
                self.log_in(client)
                self.assertNotEqual(self.signed_in(client), str(owner.pk))
                self.assertIsNone(verified_owner("other@example.com"))
                self.assertEqual(verified_owner(email), owner)

    def test_a_provider_deletes_nobody_elses_account(self) -> None:
        for number, (similar, email) in enumerate(SIMILAR.items()):
            with self.subTest(similar=similar):
                User.objects.all().delete()
                self.owner("owner", email, verified=False)
                claims = {"email": similar, "email_verified": True}
                self.provider.says({"sub": f"similar{number}", **claims})
                self.log_in(Client())
                rows = EmailAddress.objects.filter(user__username="owner")
                self.assertEqual([row.email for row in rows], [email])

    def test_addresses_are_compared_exactly(self) -> None:
        alice = self.owner("alice", "alice@example.com")
        bob = self.owner("bob", "bob@example.com", verified=False)
        self.assertIsNone(verified_owner("alice@exámple.com"))
        self.assertEqual(verified_owner("Alice@Example.COM"), alice)
        self.assertTrue(release_address("bob@exámple.com"))
        self.assertTrue(User.objects.filter(pk=bob.pk).exists())
        self.assertTrue(release_address("Bob@example.com"))
        self.assertFalse(User.objects.filter(pk=bob.pk).exists())
        for service in (verified_owner, release_address):
            with self.assertRaises(ValueError):
                service(f"bo{KELVIN}@example.com")

    def test_a_domain_is_read_as_its_owner_registered_it(self) -> None:
        for said, read in (
            ("John@EXÁMPLE.com", "john@xn--exmple-qta.com"),
            ("john@faß.example", "john@xn--fa-hia.example"),
            ("john@\u2603.example", None),
            ("jóhn@example.com", None),
            ("john@" + "é" * 200 + ".example", None),
        ):
            claims = checked_claims({"userinfo": {"sub": "1", "email": said}})
            self.assertEqual(claims.get("email"), read, said)

    def test_a_mail_goes_to_nobody_but_the_owner(self) -> None:
        """The address that was typed may be somebody else's."""
        for similar, email in SIMILAR.items():
            for path in ("/account/password/reset/", "/account/login/code/"):
                with self.subTest(similar=similar, path=path):
                    User.objects.all().delete()
                    mail.outbox.clear()
                    self.owner("owner", email)
                    Client().post(path, {"email": similar})
                    run_tasks()
                    self.assertLessEqual(self.recipients(), {email})

    def test_the_owner_of_an_international_domain(self) -> None:
        """Signs up, confirms and logs in with the address as they write it."""
        fields = {"username": "eva", "email": "Eva@faß.example"}
        passwords = {"password1": PASSWORD, "password2": PASSWORD}
        self.client.post("/account/signup/", fields | passwords)
        run_tasks()
        self.assertEqual(User.objects.get().email, "eva@xn--fa-hia.example")
        self.assertEqual(self.recipients(), {"eva@xn--fa-hia.example"})
        EmailAddress.objects.update(verified=True)
        client = Client()
        login = {"login": "eva@faß.example", "password": PASSWORD}
        client.post("/account/login/", login)
        self.assertEqual(self.signed_in(client), str(User.objects.get().pk))

    def test_forms_say_that_such_an_address_is_invalid(self) -> None:
        passwords = {"password1": PASSWORD, "password2": PASSWORD}
        for email in ("eva@\u2603.example", "éva@example.com"):
            fields = {"username": "eva", "email": email}
            page = self.client.post("/account/signup/", fields | passwords)
            self.assertContains(page, 'id="id_email_error"')
            self.assertFalse(User.objects.exists())

    def test_the_admin_stores_the_same_form(self) -> None:
        boss = create_user("boss", is_staff=True, is_superuser=True)
        self.client.force_login(boss)
        reauthenticate(self.client)
        form = {"username": "eva", "email": "Eva@EXÁMPLE.com"}
        passwords = {"password1": PASSWORD, "password2": PASSWORD}
        form |= passwords | {"usable_password": "true"}
        path = "/admin/accounts/user/add/"
        self.client.post(path, form)
        eva = User.objects.get(username="eva")
        self.assertEqual(eva.email, "eva@xn--exmple-qta.com")
        invalid = form | {"username": "zoe", "email": "zoe@\u2603.example"}
        page = self.client.post(path, invalid)
        self.assertContains(page, "Enter a valid email")

    @staticmethod
    def recipients() -> set[str]:
        return {address for message in mail.outbox for address in message.to}

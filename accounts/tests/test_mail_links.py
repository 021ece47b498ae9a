"""Links in mails begin with SITE_URL, whatever the request's Host is."""

import re

from allauth.account.models import EmailAddress
from django.contrib.auth.models import AbstractBaseUser
from django.core import mail
from django.test import TestCase, override_settings
from django.urls import set_script_prefix

from accounts.tests.factories import PASSWORD, create_user

EVIL = {"host": "evil.example:8080", "x-forwarded-host": "evil.example"}
LINK = re.compile(r"\S+://\S+")
NEW = "another good phrase 7"


@override_settings(
    ALLOWED_HOSTS=["*"],
    SITE_URL="https://blog.example/micro",
    EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
)
class MailLinkTests(TestCase):
    """Under a sub-path, with a hostile Host in every request."""

    user: AbstractBaseUser

    @classmethod
    def setUpTestData(cls) -> None:
        cls.user = create_user("maria")
        EmailAddress.objects.create(
            user=cls.user, email="maria@example.com", verified=True, primary=True
        )

    def setUp(self) -> None:
        self.addCleanup(set_script_prefix, "/")

    def ask(self, path: str, data: dict[str, str]) -> str:
        """Submit a form to a site under /micro; return the text of its mail."""
        mail.outbox.clear()
        self.client.post(path, data, headers=EVIL, SCRIPT_NAME="/micro")
        self.assertEqual(len(mail.outbox), 1, path)
        (message,) = mail.outbox
        bodies = [message.subject, message.body]
        bodies += [str(body) for body, _kind in getattr(message, "alternatives", [])]
        text = "\n".join(map(str, bodies))
        self.assertNotIn("evil", text)
        for link in LINK.findall(text):
            self.assertTrue(
                link.startswith("https://blog.example/micro/account/"), link
            )
        return text

    def test_sign_up_and_its_link(self) -> None:
        form = {
            "username": "susan",
            "email": "susan@example.com",
            "password1": PASSWORD,
            "password2": PASSWORD,
        }
        text = self.ask("/account/signup/", form)
        (link,) = LINK.findall(text)
        path = link.removeprefix("https://blog.example/micro")
        self.client.post(path, headers=EVIL)
        self.assertTrue(EmailAddress.objects.get(email=form["email"]).verified)

    def test_sign_up_with_an_address_that_is_taken(self) -> None:
        form = {
            "username": "susan",
            "email": "maria@example.com",
            "password1": PASSWORD,
            "password2": PASSWORD,
        }
        self.assertRegex(self.ask("/account/signup/", form), LINK)

    def test_password_reset(self) -> None:
        form = {"email": "maria@example.com"}
        text = self.ask("/account/password/reset/", form)
        self.assertIn("/password/reset/key/", text)

    def test_another_address(self) -> None:
        self.client.force_login(self.user)
        self.client.post("/account/reauthenticate/", {"password": PASSWORD})
        form = {"email": "other@example.com", "action_add": ""}
        mail.outbox.clear()
        self.client.post("/account/email/", form, headers=EVIL, SCRIPT_NAME="/micro")
        text = "\n".join(str(message.body) for message in mail.outbox)
        self.assertNotIn("evil", text)
        self.assertIn("https://blog.example/micro/account/confirm-email/", text)

    def test_a_changed_password(self) -> None:
        self.client.force_login(self.user)
        form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
        self.ask("/account/password/change/", form)

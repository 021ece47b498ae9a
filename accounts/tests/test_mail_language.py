"""Mails are in the reader's language from the first request on."""

from __future__ import annotations

import re

from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from accounts.tests.factories import PASSWORD, create_user
from accounts.tests.test_sign_in import NEW, SignInTestCase
from core.testing import run_tasks

SPANISH = {"accept-language": "es-MX,es;q=0.9,en;q=0.5"}


class MailLanguageTests(SignInTestCase):
    """Susan signs up in Spanish; her later mails are caused by English users."""

    def setUp(self) -> None:
        super().setUp()
        self.client = Client(headers=SPANISH)
        self.client.post("/account/signup/", NEW)
        self.client.post(self.link_in_mail())
        self.susan = User.objects.get()

    def mails(self) -> list[str]:
        run_tasks()
        texts = [
            f"{m.subject}\n{m.body}" for m in mail.outbox if m.to == [NEW["email"]]
        ]
        mail.outbox.clear()
        return texts

    def assert_spanish(self, texts: list[str], count: int = 1) -> None:
        self.assertEqual(len(texts), count)
        for text in texts:
            words = re.findall(r"[^\W\d_]+", text.lower())
            spanish = {"de", "tu", "la", "el", "que", "para", "te", "por", "una", "ha"}
            english = {"the", "you", "your", "from", "this", "has", "been", "to"}
            self.assertGreater(
                sum(word in spanish for word in words),
                3 * sum(word in english for word in words),
                text,
            )

    def test_the_profile_still_follows_the_browser(self) -> None:
        self.assertEqual((self.susan.language, self.susan.mail_language), ("", "es"))
        page = self.client.get("/", headers={"accept-language": "en"})
        self.assertContains(page, '<html lang="en"')

    def test_the_confirmation(self) -> None:
        self.assert_spanish(self.mails())

    def test_a_new_follower(self) -> None:
        self.mails()
        john = Client()
        john.force_login(create_user("john"))
        john.post("/user/Susan.1/follow")
        self.assert_spanish(self.mails())

    def test_mails_that_a_visitor_causes(self) -> None:
        self.mails()
        stranger = Client(headers={"accept-language": "en"})
        stranger.post("/account/password/reset/", {"email": NEW["email"]})
        self.assert_spanish(self.mails())
        cache.clear()  # an address gets one mail of a kind in three minutes
        stranger.post("/account/signup/", NEW | {"username": "other"})
        self.assert_spanish(self.mails())

    def test_a_sign_up_with_somebodys_second_address(self) -> None:
        second = "second@example.com"
        EmailAddress.objects.create(user=self.susan, email=second, verified=True)
        self.mails()
        stranger = Client(headers={"accept-language": "en"})
        stranger.post("/account/signup/", NEW | {"username": "other", "email": second})
        run_tasks()
        (message,) = mail.outbox
        self.assertEqual(message.to, [second])
        self.assert_spanish([str(message.body)])

    def test_notices_of_security(self) -> None:
        self.mails()
        fields = {"oldpassword": PASSWORD, "password1": "new horse staple battery"}
        fields["password2"] = fields["password1"]
        english = {"accept-language": "en"}
        self.client.post("/account/password/change/", fields, headers=english)
        self.assert_spanish(self.mails())

    def test_a_login_and_a_choice_change_it(self) -> None:
        self.mails()
        john = create_user("john")
        self.assertEqual(john.mail_language, "en")
        browser = Client(headers={"accept-language": "en"})
        self.log_in(browser, login="Susan.1")
        self.susan.refresh_from_db()
        self.assertEqual(self.susan.mail_language, "en")
        self.client.post("/preferences", {"language": "es", "time_zone": ""})
        self.susan.refresh_from_db()
        self.assertEqual(self.susan.mail_language, "es")
        User.objects.update(language="xx", browser_language="../x")
        self.susan.refresh_from_db()
        self.assertEqual(self.susan.mail_language, "en")

    def test_a_visitor_is_written_to_in_the_language_of_the_request(self) -> None:
        self.mails()
        address = {"email": "nobody@example.com"}
        Client(headers=SPANISH).post("/account/password/reset/", address)
        run_tasks()
        for message in mail.outbox:
            self.assert_spanish([str(message.body)])

    def test_the_page_decides_for_somebody_whose_language_is_not_known(self) -> None:
        self.mails()
        User.objects.update(browser_language="")
        Client(headers=SPANISH).post("/account/login/code/", {"email": NEW["email"]})
        self.assert_spanish(self.mails())

    def test_the_first_request_is_remembered(self) -> None:
        self.mails()
        john = Client()
        john.force_login(create_user("john"))
        User.objects.update(browser_language="", last_seen=None)
        self.client.get("/")
        john.post("/user/Susan.1/follow")
        self.assert_spanish(self.mails())
        # Other browsers change nothing before the next login.
        User.objects.update(last_seen=None)
        self.client.get("/", headers={"accept-language": "en"})
        self.susan.refresh_from_db()
        self.assertEqual(self.susan.mail_language, "es")

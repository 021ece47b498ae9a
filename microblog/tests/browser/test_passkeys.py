"""A passkey, with the browser's virtual authenticator."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.tests.factories import PASSWORD, create_user
from microblog.tests.browser.cases import BrowserTestCase


class PasskeyTests(BrowserTestCase):
    """http://localhost counts as secure for browsers."""

    def setUp(self) -> None:
        self.susan = create_user("susan")
        EmailAddress.objects.create(
            user=self.susan, email=self.susan.email, verified=True, primary=True
        )

    def add_authenticator(self, page: Page) -> None:
        """Add a virtual security key that confirms by itself."""
        session = page.context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        session.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    def test_is_added_and_signs_in(self) -> None:
        page = self.open()
        self.add_authenticator(page)
        page.goto(reverse("account_login"))
        page.fill("[name=login]", "susan")
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        expect(page.locator(".compose")).to_be_visible()
        page.goto(reverse("mfa_add_webauthn"))
        page.fill("[name=password]", PASSWORD)  # reauthentication
        page.press("[name=password]", "Enter")
        page.fill("[name=name]", "My phone")
        page.check("[name=passwordless]")
        page.click("#mfa_webauthn_add")
        expect(page.locator("main")).to_contain_text("recovery codes")
        kinds = Authenticator.objects.values_list("type", flat=True)
        self.assertEqual(set(kinds), {"webauthn", "recovery_codes"})
        page.goto(reverse("account_logout"))
        page.click("main form button")
        page.goto(reverse("account_login"))
        page.click("#passkey_login")
        expect(page.locator(".compose")).to_be_visible()

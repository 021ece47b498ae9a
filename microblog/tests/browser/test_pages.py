"""Every main page: policy kept, accessible in both lights, no sideways scroll."""

from django.urls import reverse
from playwright.sync_api import Page

from accounts.tests.factories import create_user
from microblog.tests.browser.cases import AXE, BrowserTestCase
from posts.tests.factories import create_post
from social.tests.factories import follow


class PageTests(BrowserTestCase):
    """The pages as a signed-in reader and as a stranger see them."""

    def setUp(self) -> None:
        self.reader = create_user("reader")
        self.author = create_user("author")
        follow(self.reader, self.author)
        self.own = create_post(author=self.reader, body="My own words")
        self.other = create_post(author=self.author, body="w" * 140)

    def addresses(self) -> list[str]:
        return [
            reverse("social:home"),
            reverse("social:explore"),
            self.author.get_absolute_url(),
            self.reader.get_absolute_url(),
            reverse("social:followers", args=[self.author.username]),
            self.own.get_absolute_url(),
            reverse("accounts:profile-edit"),
            reverse("accounts:preferences"),
        ]

    def violations(self, page: Page) -> list[str]:
        page.evaluate(AXE.read_text(encoding="utf-8"))
        found: list[str] = page.evaluate(
            "axe.run().then(r => r.violations.map("
            "v => v.id + ' ' + v.nodes.map(n => n.target).join(' ')))"
        )
        return found

    def test_are_accessible_in_light_and_dark(self) -> None:
        for scheme in ("light", "dark"):
            page = self.open(self.reader, color_scheme=scheme)
            for address in self.addresses():
                with self.subTest(scheme=scheme, address=address):
                    page.goto(address)
                    self.assertEqual(self.violations(page), [])

    def test_are_accessible_to_strangers(self) -> None:
        for scheme in ("light", "dark"):
            page = self.open(color_scheme=scheme)
            for name in ("account_login", "account_signup", "account_reset_password"):
                with self.subTest(scheme=scheme, name=name):
                    page.goto(reverse(name))
                    self.assertEqual(self.violations(page), [])

    def test_keep_the_content_security_policy(self) -> None:
        page = self.open(self.reader)
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        for address in self.addresses():
            page.goto(address, wait_until="load")
        self.assertEqual(said, [])

    def test_do_not_scroll_sideways_on_a_narrow_phone(self) -> None:
        page = self.open(self.reader, viewport={"width": 320, "height": 640})
        for address in self.addresses():
            with self.subTest(address=address):
                page.goto(address)
                width = page.evaluate("document.documentElement.scrollWidth")
                self.assertLessEqual(width, 320)

"""Main pages: content policy, accessibility, no horizontal scrolling."""

from allauth.account.models import EmailAddress
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.tests.factories import PASSWORD, create_user
from microblog.tests.browser.cases import AXE, BrowserTestCase
from posts.tests.factories import create_post
from social.tests.factories import follow

# The elements that look the same, at least in these two ways, with the focus.
FOCUSED_WITHOUT_A_SIGN = """
[...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter((element) => {
    element.focus();
    if (document.activeElement !== element) return false;
    const style = getComputedStyle(element);
    const outline = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 1;
    return !outline && style.boxShadow === "none";
  })
  .map((element) => element.outerHTML)
"""


class PageTests(BrowserTestCase):
    """The pages for a signed-in reader and for a visitor."""

    def setUp(self) -> None:
        self.reader = create_user("reader")
        self.author = create_user("author")
        follow(self.reader, self.author)
        self.own = create_post(author=self.reader, body="My own words")
        self.other = create_post(author=self.author, body="w" * 140)

    def addresses(self) -> list[str]:
        return [
            reverse("timelines:home"),
            reverse("timelines:explore"),
            self.author.get_absolute_url(),
            self.reader.get_absolute_url(),
            reverse("timelines:followers", args=[self.author.username]),
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

    def test_are_accessible_to_visitors(self) -> None:
        for scheme in ("light", "dark"):
            page = self.open(color_scheme=scheme)
            for name in ("account_login", "account_signup", "account_reset_password"):
                with self.subTest(scheme=scheme, name=name):
                    page.goto(reverse(name))
                    self.assertEqual(self.violations(page), [])

    def test_show_where_the_keyboard_is(self) -> None:
        page = self.open(self.reader, reduced_motion="reduce")
        for address in [*self.addresses(), reverse("timelines:feeds")]:
            page.goto(address)
            page.keyboard.press("Tab")
            hidden = page.evaluate(FOCUSED_WITHOUT_A_SIGN)
            self.assertEqual(hidden, [], address)

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

    def test_show_which_session_is_this_one_on_a_narrow_phone(self) -> None:
        EmailAddress.objects.create(
            user=self.reader, email=self.reader.email, verified=True, primary=True
        )
        page = self.open(viewport={"width": 320, "height": 640})
        page.goto(reverse("account_login"))
        page.fill("[name=login]", "reader")
        page.fill("[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("textarea[name=body]")).to_be_visible()
        page.goto(reverse("usersessions_list"))
        page.fill("[name=password]", PASSWORD)  # it asks again
        page.keyboard.press("Enter")
        badge = page.locator("td .badge-quiet")
        expect(badge).to_have_text("Current")
        box = badge.bounding_box()
        assert box is not None
        self.assertLessEqual(box["x"] + box["width"], 320)

    @override_settings(LANGUAGES=[("en", "English"), ("ar", "Arabic")])
    def test_run_from_right_to_left_in_arabic(self) -> None:
        page = self.open(
            self.reader, locale="ar", viewport={"width": 320, "height": 640}
        )
        for address in self.addresses():
            with self.subTest(address=address):
                page.goto(address)
                self.assertEqual(page.evaluate("document.documentElement.dir"), "rtl")
                width = page.evaluate("document.documentElement.scrollWidth")
                self.assertLessEqual(width, 320)

    def test_fit_fingers_on_a_touch_screen(self) -> None:
        page = self.open(
            self.reader, has_touch=True, viewport={"width": 320, "height": 640}
        )
        page.goto(reverse("timelines:home"))
        box = page.locator(".compose .btn-primary").bounding_box()
        assert box is not None
        self.assertGreaterEqual(box["height"], 44)

    def test_tell_the_server_the_time_zone(self) -> None:
        page = self.open(self.reader, timezone_id="Asia/Tokyo")
        page.goto(reverse("timelines:home"))
        cookies = {c["name"]: c["value"] for c in page.context.cookies()}
        self.assertEqual(cookies["timezone"], "Asia/Tokyo")

    def test_keep_relative_times_in_the_readers_language(self) -> None:
        page = self.open(self.reader, locale="es")
        page.clock.install()
        page.goto(reverse("timelines:home"))
        shown = page.locator("time[data-relative]").first
        expect(shown).to_have_text("ahora mismo")
        page.clock.fast_forward("02:30")
        expect(shown).to_have_text("hace 2 minutos")

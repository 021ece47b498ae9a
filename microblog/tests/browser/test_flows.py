"""User actions: post, count, open a card, with and without scripts."""

from django.urls import reverse
from playwright.sync_api import expect

from accounts.tests.factories import create_user
from microblog.tests.browser.cases import BrowserTestCase
from posts.models import Post
from posts.tests.factories import create_post
from social.models import Follow


class FlowTests(BrowserTestCase):
    """One reader and one author."""

    def setUp(self) -> None:
        self.reader = create_user("reader")
        self.author = create_user("author")

    def test_posts_without_scripts(self) -> None:
        page = self.open(self.reader, java_script_enabled=False)
        page.goto(reverse("timelines:home"))
        page.fill("textarea[name=body]", "Said without a script")
        page.click(".compose button")
        expect(page.locator(".post-body")).to_have_text("Said without a script")

    def test_deletes_without_scripts(self) -> None:
        create_post(author=self.reader, body="Soon gone")
        page = self.open(self.reader, java_script_enabled=False)
        page.goto(self.reader.get_absolute_url())
        page.click(".post-actions summary")
        page.click(".post-actions details button")
        expect(page.locator("#messages")).to_contain_text("has been deleted")
        self.assertFalse(Post.objects.exists())

    def test_follows_without_scripts(self) -> None:
        page = self.open(self.reader, java_script_enabled=False)
        page.goto(self.author.get_absolute_url())
        page.click("form[action$='/follow'] button")
        expect(page.locator("form[action$='/unfollow']")).to_be_visible()
        self.assertTrue(Follow.objects.exists())

    def test_counts_an_emoji_as_one_character(self) -> None:
        page = self.open(self.reader)
        page.goto(reverse("timelines:home"))
        page.fill("textarea[name=body]", "\N{GRINNING FACE}" * 141)
        expect(page.locator("#counter")).to_have_text("-1")

    def test_keeps_a_text_that_is_too_long(self) -> None:
        page = self.open(self.reader)
        page.goto(reverse("timelines:home"))
        page.fill("textarea[name=body]", "a" * 141)
        page.click(".compose button")
        expect(page.locator("textarea[name=body]")).to_have_value("a" * 141)

    def test_opens_and_closes_a_card_by_keyboard(self) -> None:
        create_post(author=self.author)
        page = self.open(self.reader)
        page.goto(reverse("timelines:explore"))
        page.locator("[data-card]").first.focus()
        expect(page.locator(".hover-card")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".hover-card")).to_have_count(0)

    def test_says_that_the_server_cannot_be_reached(self) -> None:
        create_post(author=self.author, language="es")
        page = self.open(self.reader, locale="en-GB")
        page.goto(reverse("timelines:explore"))
        page.context.set_offline(True)
        page.click("form[action$='/translate'] button")
        expect(page.get_by_text("Error: Could not contact server.")).to_be_visible()

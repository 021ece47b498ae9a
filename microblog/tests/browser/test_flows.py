"""User actions: post, count, open a card, with and without scripts."""

from django.conf import settings
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
        page.locator("[hx-trigger=card]").first.focus()
        expect(page.locator("#card")).to_contain_text("0 followers")
        page.keyboard.press("Escape")
        expect(page.locator("#card")).to_be_hidden()

    def test_follows_in_a_card_by_keyboard(self) -> None:
        create_post(author=self.author)
        page = self.open(self.reader)
        page.goto(reverse("timelines:explore"))
        page.locator("[hx-trigger=card]").first.hover()
        button = page.locator("#card-follow-button")
        for verb, count in (("Unfollow", "1 follower"), ("Follow", "0 followers")):
            button.focus()
            page.keyboard.press("Enter")
            expect(button).to_have_text(verb)
            expect(button).to_be_focused()
            expect(page.locator("#card .counts")).to_contain_text(count)
        expect(page.locator("#messages")).to_contain_text("stopped following author")

    def test_follows_and_unfollows_in_place(self) -> None:
        page = self.open(self.reader)
        page.goto(self.author.get_absolute_url())
        button = page.locator("#profile-follow-button")
        page.evaluate("window.here = true")
        for verb, count in (("Unfollow", "1 follower"), ("Follow", "0 followers")):
            button.click()
            expect(button).to_have_text(verb)
            expect(button).to_be_focused()
            expect(page.locator(".counts")).to_contain_text(count)
        self.assertTrue(page.evaluate("window.here"))

    def test_deletes_in_place(self) -> None:
        create_post(author=self.reader, body="Stays")
        create_post(author=self.reader, body="Soon gone")
        page = self.open(self.reader)
        page.goto(reverse("timelines:home"))
        page.evaluate("window.here = true")
        page.locator(".post-actions summary").first.click()
        page.locator(".post-actions details[open] button").click()
        gone = page.locator(".feed > .alert")
        expect(gone).to_have_text("Your post has been deleted.")
        expect(gone).to_be_focused()
        expect(page.locator(".post-body")).to_have_text(["Stays"])
        self.assertTrue(page.evaluate("window.here"))

    def test_adds_older_posts_whose_buttons_work_too(self) -> None:
        for number in range(settings.POSTS_PER_PAGE * 2 + 1):
            create_post(author=self.reader, body=f"Number {number}")
        page = self.open(self.reader)
        page.goto(reverse("timelines:home"))
        page.evaluate("window.here = true")
        for shown in (settings.POSTS_PER_PAGE * 2, settings.POSTS_PER_PAGE * 2 + 1):
            page.click("a.older")
            expect(page.locator(".post")).to_have_count(shown)
            expect(page.locator(".feed").last).to_be_focused()
        expect(page.locator(".post-body").last).to_have_text("Number 0")
        page.locator(".post-actions summary").last.click()
        page.locator(".post-actions details[open] button").click()
        expect(page.locator(".feed > .alert")).to_be_focused()
        self.assertTrue(page.evaluate("window.here"))

    def test_a_card_that_fails_is_left_out(self) -> None:
        create_post(author=self.author)
        page = self.open(self.reader)
        page.goto(reverse("timelines:explore"))
        page.context.clear_cookies()
        with page.expect_response("**/card") as response:
            page.locator("[hx-trigger=card]").first.focus()
        self.assertEqual(response.value.status, 401)
        page.fill("#nav-search", "still the same page")
        expect(page.locator("#card")).to_be_hidden()
        page.wait_for_url(f"**{reverse('timelines:explore')}")

    def test_what_is_refused_is_told_beside_the_button(self) -> None:
        page = self.open(self.reader)
        page.goto(self.author.get_absolute_url())
        page.context.clear_cookies(name="csrftoken")
        page.click("#profile-follow-button")
        expect(page.get_by_text("so nothing was done")).to_be_visible()
        expect(page.locator("#profile-follow-button")).to_be_visible()

    def test_says_that_the_server_cannot_be_reached(self) -> None:
        create_post(author=self.author, language="es")
        page = self.open(self.reader, locale="en-GB")
        page.goto(reverse("timelines:explore"))
        page.context.set_offline(True)
        page.click("form[action$='/translate'] button")
        expect(page.get_by_text("Error: Could not contact server.")).to_be_visible()

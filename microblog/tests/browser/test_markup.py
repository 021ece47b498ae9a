"""Injected markup in a page: htmx does not act on it."""

from django.urls import reverse
from playwright.sync_api import Page, Request, Route, expect

from accounts.tests.factories import create_user
from microblog.tests.browser.cases import BrowserTestCase
from posts.tests.factories import create_post

# As a template that renders a text unescaped would send them.
BROUGHT_IN = """
<b hx-post="/evil" hx-trigger="load">1</b>
<b hx-get="/evil" hx-trigger="load" data-htmx>2</b>
<b hx-get="/evil" hx-trigger="load" data-htmx="">3</b>
<b hx-get="/evil" hx-trigger="load" data-htmx="none">4</b>
<b data-hx-put="/evil" data-hx-trigger="load" hx-headers='{"X-CSRFToken": "x"}'>5</b>
<b hx-delete="/evil" hx-trigger="revealed">6</b>
<b hx-patch="/evil" hx-trigger="every 10ms">7</b>
<form hx-post="/evil" hx-trigger="load" method="post"><input name="x"></form>
<div hx-on:htmx:load="fetch('/evil')" hx-on::load="fetch('/evil')">9</div>
<div hx-boost="true"><a id="boosted" href="/healthz">10</a></div>
<button id="pressed" hx-get="/evil">11</button>
"""
WRAPPER = """
<div hx-post="/evil" hx-trigger="load, click, submit" hx-inherit="*"
  hx-vals='{"stolen": "1"}' hx-target="body" hx-boost="true">
"""


class MarkupTests(BrowserTestCase):
    """Every element of htmx but our own, on a page with one of our own."""

    def setUp(self) -> None:
        self.reader = create_user("reader")
        self.author = create_user("author")
        self.post = create_post(
            author=self.author, language="es", body=BROUGHT_IN[:140]
        )
        self.sent: list[Request] = []

    def note(self, request: Request) -> None:
        self.sent.append(request)

    def explore(self, brought_in: str) -> Page:
        """Open Explore with injected markup."""
        page = self.open(self.reader, locale="en-GB")

        def answer(route: Route) -> None:
            response = route.fetch()
            html = response.text().replace("<main", f"{brought_in}<main", 1)
            route.fulfill(response=response, body=html)

        page.route(f"**{reverse('timelines:explore')}", answer)
        page.on("request", self.note)
        page.goto(reverse("timelines:explore"))
        return page

    def translate(self, page: Page) -> Request:
        """Press the site's own button; return the request that it sent."""
        address = f"{self.post.get_absolute_url()}/translate"
        with page.expect_request(f"**{address}") as request:
            page.click(f"form[action='{address}'] button")
        expect(page.locator("main .alert, main .translation").first).to_be_visible()
        return request.value

    def by_htmx(self) -> list[str]:
        return [
            request.url.removeprefix(self.live_server_url)
            for request in self.sent
            if "hx-request" in request.headers or "evil" in request.url
        ]

    def test_only_our_own_form_is_sent(self) -> None:
        page = self.explore(BROUGHT_IN)
        page.click("#pressed")
        request = self.translate(page)
        self.assertIn("hx-request", request.headers)
        self.assertEqual(self.by_htmx(), [f"{self.post.get_absolute_url()}/translate"])
        page.click("#boosted")
        page.wait_for_url("**/healthz")
        self.assertEqual(len(self.by_htmx()), 1)

    def test_an_element_around_our_form_changes_nothing_in_it(self) -> None:
        page = self.explore(WRAPPER)
        request = self.translate(page)
        self.assertNotIn("stolen", request.post_data or "")
        self.assertEqual(request.headers.get("hx-target"), None)
        self.assertFalse([url for url in self.by_htmx() if "evil" in url])

    def test_texts_of_users_are_no_markup(self) -> None:
        self.author.about_me = BROUGHT_IN[:140]
        self.author.save()
        page = self.open(self.reader)
        page.on("request", self.note)
        page.goto(self.author.get_absolute_url())
        expect(page.locator(".post-body").first).to_contain_text("hx-post")
        self.assertEqual(page.locator("main b[hx-post], main b[hx-get]").count(), 0)
        self.translate(page)
        self.assertEqual(self.by_htmx(), [f"{self.post.get_absolute_url()}/translate"])

    def test_no_element_passes_its_token_on(self) -> None:
        page = self.explore("")
        with_token = page.locator("[hx-headers], [data-hx-headers]")
        self.assertEqual(with_token.count(), 0)

    def test_a_mark_of_another_answer_is_none(self) -> None:
        first = self.explore("")
        mark = first.locator("form[hx-post]").first.get_attribute("data-htmx")
        self.assertRegex(mark or "", "^[A-Za-z]{20}$")
        page = self.explore(
            f'<b data-htmx="{mark}" hx-get="/evil" hx-trigger="load">1</b>'
        )
        self.translate(page)
        self.assertFalse([url for url in self.by_htmx() if "evil" in url])

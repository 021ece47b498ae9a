"""silk's pages work under the content policy: needs Chromium, BROWSER_TESTS=1."""

from django.test import Client
from playwright.sync_api import expect
from silk.models import Request

from accounts.tests.factories import create_user
from microblog.tests.browser.cases import BrowserTestCase


class SilkBrowserTests(BrowserTestCase):
    def test_filters_and_orders_without_handlers_in_attributes(self) -> None:
        boss = create_user("boss", is_staff=True, is_superuser=True)
        client = Client()
        client.force_login(boss)
        client.get("/", headers={"x-record": "1"})
        page = self.open(boss)
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto("/silk/requests/")
        with page.expect_navigation():
            page.select_option("select[name=order_by]", value="path")
        self.assertIn("order_by=path", page.url)
        expect(page.locator(".resizing-input span").first).to_be_hidden()
        page.click("#filter-button")
        expect(page.locator("#cbp-spmenu-s2.cbp-spmenu-open")).to_have_count(1)
        request = Request.objects.latest("start_time")
        for path in ("/silk/", f"/silk/request/{request.pk}/profiling/",
                     f"/silk/request/{request.pk}/cprofile/"):  # fmt: skip
            page.goto(path)
            expect(page.locator("#content")).to_be_visible()
        self.assertEqual(errors, [])

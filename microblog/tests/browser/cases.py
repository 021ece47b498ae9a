"""Base class of the browser tests: one Chromium, a signed-in page, the console."""

import os
import shutil
from pathlib import Path
from typing import Any
from unittest import SkipTest

from django.conf import settings
from django.contrib.staticfiles.testing import StaticLiveServerTestCase
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from accounts.models import User

AXE = Path(__file__).parent / "axe-core-4.14.1" / "axe.min.js"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def find_chromium() -> str:
    """Return the browser's path, or skip with the reason."""
    if os.environ.get("BROWSER_TESTS") != "1":
        raise SkipTest("browser tests were left out: run with BROWSER_TESTS=1")
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        raise SkipTest("browser tests were left out: install chromium")
    return path


class BrowserTestCase(StaticLiveServerTestCase):
    """A live server and a Chromium; each test opens pages of its own."""

    playwright: Playwright
    browser: Browser

    @classmethod
    def setUpClass(cls) -> None:
        """Start the browser; its loop makes Django think of async code."""
        executable = find_chromium()
        super().setUpClass()
        before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
        cls.addClassCleanup(cls.restore_async_guard, before)
        cls.playwright = sync_playwright().start()
        cls.addClassCleanup(cls.playwright.stop)
        cls.browser = cls.playwright.chromium.launch(
            executable_path=executable, args=CHROMIUM_FLAGS
        )
        cls.addClassCleanup(cls.browser.close)

    @staticmethod
    def restore_async_guard(before: str | None) -> None:
        """Restore the guard against async use."""
        if before is None:
            os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before

    def open(self, user: User | None = None, **options: Any) -> Page:
        """Return a new page, signed in as the user; options are the context's."""
        context = self.browser.new_context(base_url=self.live_server_url, **options)
        self.addCleanup(context.close)
        if user is not None:
            self.client.force_login(user)
            key = self.client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies(
                [
                    {
                        "name": settings.SESSION_COOKIE_NAME,
                        "value": key,
                        "url": self.live_server_url,
                    }
                ]
            )
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

"""The documentation refers to files that exist."""

import re
from datetime import timedelta

from django.conf import settings
from django.test import SimpleTestCase

from core.tasks import LONGEST_DELAY, MAX_ATTEMPTS, delay_after

# A link of Markdown without its anchor, unless it is a URL or a place on the page.
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)")
# A file of the project in backquotes, named with its folder.
FILE = re.compile(r"`([\w.-]+(?:/[\w.-]+)+\.(?:py|md|html|js|css|po|conf|sh))`")


class DocumentationTests(SimpleTestCase):
    def setUp(self) -> None:
        root = settings.BASE_DIR
        self.pages = [*root.glob("*.md"), *root.glob("docs/*.md")]
        self.assertGreater(len(self.pages), 10)

    def test_linked_files_exist(self) -> None:
        for page in self.pages:
            for link in LINK.findall(page.read_text()):
                with self.subTest(page=page.name, link=link):
                    self.assertTrue((page.parent / link).exists())

    def test_named_files_exist(self) -> None:
        for page in self.pages:
            for name in FILE.findall(page.read_text()):
                with self.subTest(page=page.name, file=name):
                    roots = (settings.BASE_DIR, settings.BASE_DIR / "templates")
                    self.assertTrue(any((root / name).exists() for root in roots))

    def test_each_feature_names_tests(self) -> None:
        text = (settings.BASE_DIR / "docs" / "features.md").read_text()
        rows = [
            line
            for line in text.splitlines()
            if line.startswith("| ") and not line.startswith(("| behaviour", "| ---"))
        ]
        self.assertGreater(len(rows), 30)
        for row in rows:
            with self.subTest(row=row):
                self.assertRegex(row, r"\| (`[\w/]+/test_\w+\.py`(, )?)+ \|$")

    def test_the_retries_are_those_of_the_code(self) -> None:
        text = (settings.BASE_DIR / "docs" / "tasks.md").read_text()
        total = sum(map(delay_after, range(1, MAX_ATTEMPTS)), timedelta())
        for delay in (LONGEST_DELAY, total):
            minutes = delay // timedelta(minutes=1)
            self.assertIn(f"{minutes // 60} h {minutes % 60} min", text)
        self.assertIn(f"after {MAX_ATTEMPTS} attempts", text)

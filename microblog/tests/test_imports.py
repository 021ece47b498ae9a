"""Imports go one way: microblog, search, social, posts, accounts, core."""

from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase
from importlinter.cli import lint_imports

ROOT = Path(settings.BASE_DIR)


class ImportDirectionTests(SimpleTestCase):
    def test_no_app_imports_one_that_stands_above_it(self):
        status = lint_imports(
            config_filename=str(ROOT / "pyproject.toml"), no_cache=True
        )

        self.assertEqual(status, 0, "Run lint-imports to see each chain.")

"""Imports go one way: microblog, search, social, posts, accounts, core."""

import logging
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase
from importlinter.cli import lint_imports

ROOT = Path(settings.BASE_DIR)


class ImportDirectionTests(SimpleTestCase):
    def setUp(self) -> None:
        for logger in list(logging.root.manager.loggerDict.values()):
            if isinstance(logger, logging.Logger):
                # import-linter configures logging, which disables them all.
                self.addCleanup(setattr, logger, "disabled", logger.disabled)

    def test_no_app_imports_one_that_stands_above_it(self) -> None:
        status = lint_imports(
            config_filename=str(ROOT / "pyproject.toml"), no_cache=True
        )

        self.assertEqual(status, 0, "Run lint-imports to see each chain.")

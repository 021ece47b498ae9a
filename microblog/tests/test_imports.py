"""Imports go one way: microblog, search, social, posts, accounts, microblog.lib."""

import tomllib
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase
from importlinter.cli import lint_imports

ROOT = Path(settings.BASE_DIR)
# Imported by settings and tests only, and importing nothing of ours.
FLOOR = {"lib"}


class ImportDirectionTests(SimpleTestCase):
    def test_no_app_imports_one_that_stands_above_it(self):
        status = lint_imports(
            config_filename=str(ROOT / "pyproject.toml"), no_cache=True
        )

        self.assertEqual(status, 0, "Run lint-imports to see each chain.")

    def test_every_module_of_the_roof_is_in_the_contract(self):
        config = tomllib.loads((ROOT / "pyproject.toml").read_text())
        roof = config["tool"]["importlinter"]["contracts"][0]["layers"][0]
        listed = {name.strip(" ()") for name in roof.split(":")}

        modules = {
            path.stem if path.suffix == ".py" else path.name
            for path in (ROOT / "microblog").iterdir()
            if (path.suffix == ".py" or (path / "__init__.py").exists())
            and path.name != "__init__.py"
        }

        missing = {f"microblog.{name}" for name in modules - FLOOR} - listed
        self.assertEqual(missing, set(), "Add them to the first layer.")

"""``manage.py`` where packages are missing."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

# Only the packages of the site are installed, or none.
ONLY_THE_SITE = """
import sys
from importlib.abc import MetaPathFinder
class Missing(MetaPathFinder):
    def find_spec(self, name, *rest):
        if name.partition(".")[0] in {missing}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Missing())
"""


class MissingPackagesTests(SimpleTestCase):
    def answer(self, *command: str, missing: tuple[str, ...]) -> str:
        """Return the error of ``manage.py`` in a process without some packages."""
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        code = ONLY_THE_SITE.replace("{missing}", repr(set(missing)))
        (folder / "sitecustomize.py").write_text(code)
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=settings.BASE_DIR,
            env={**os.environ, "PYTHONPATH": str(folder)},
            capture_output=True,
            text=True,
        )
        self.assertEqual(done.returncode, 1, done.stdout)
        return done.stderr.strip()

    def test_says_how_to_get_the_packages_of_the_tests(self) -> None:
        self.assertEqual(
            self.answer("test", missing=("hypothesis",)),
            "The tests need more packages than the site: use `make test`.",
        )

    def test_says_how_to_get_django(self) -> None:
        for command in ("test", "check"):
            self.assertEqual(
                self.answer(command, missing=("django",)),
                "Django is not installed here: use `make run`, or .venv/bin/python.",
            )

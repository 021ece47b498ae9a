"""`deploy/update.sh`, as far as it works without a server."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from unittest import skipUnless

from django.conf import settings
from django.test import SimpleTestCase

SCRIPT = Path(settings.BASE_DIR) / "deploy" / "update.sh"


@skipUnless(shutil.which("git") and shutil.which("bash"), "needs git and bash")
class UpdateTests(SimpleTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.site = self.folder / "app"
        (self.site / "deploy").mkdir(parents=True)
        shutil.copy(SCRIPT, self.site / "deploy")
        self.catalogue = self.site / "locale" / "django.po"
        self.catalogue.parent.mkdir()
        self.catalogue.write_text("as it was")
        # The account is the one that runs the test: only root can switch to another.
        runuser = self.folder / "runuser"
        runuser.write_text('#!/bin/sh\nshift 3\nexec "$@"\n')
        runuser.chmod(0o755)
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "The site")

    def git(self, *arguments: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        subprocess.run(["git", *who, *arguments], cwd=self.site, check=True)

    def update(self) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder}:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", self.site / "deploy" / "update.sh"],
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )

    def test_says_what_to_do_with_texts_that_translators_have_saved(self) -> None:
        self.catalogue.write_text("as a translator wants it")
        result = self.update()
        self.assertEqual(result.returncode, 1)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        self.assertIn("Translators have saved texts below locale/", result.stderr)

    def test_continues_to_fetch_when_they_have_not(self) -> None:
        result = self.update()
        self.assertNotIn("Translators", result.stderr)
        # There is no remote.
        self.assertIn("git", result.stderr)

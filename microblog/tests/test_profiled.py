"""Runs the tests that need silk, in their own process.

It takes seconds: silk can be neither added to a running process nor removed.
"""

import os
import subprocess
import sys

from django.conf import settings
from django.test import SimpleTestCase

COMMAND = ("-m", "django", "test", "microblog.tests.profiled", "-p", "*_cases.py")


class ProfiledTests(SimpleTestCase):
    def test_with_silk(self) -> None:
        kind = "microblog.tests.profiled.settings"
        result = subprocess.run(
            [sys.executable, "-W", "ignore", *COMMAND, f"--settings={kind}"],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": kind},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"Ran \d\d tests")

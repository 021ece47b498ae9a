"""Fail unless pytest and ``manage.py test`` find the same number of tests.

A ``tests`` folder without ``__init__.py`` is silently skipped by one of them.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COUNT_AS_DJANGO = """
import django
django.setup()
from django.test.runner import DiscoverRunner
runner = DiscoverRunner(verbosity=0)
print(runner.build_suite().countTestCases())
"""


def output_of(*arguments: str) -> str:
    """Return the output of this Python with ``arguments``."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "microblog.settings.test"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=env, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


def main() -> int:
    """Compare the two numbers; return the exit status."""
    listing = output_of("-m", "pytest", "--collect-only", "-qq", "-p", "no:xdist")
    by_pytest = sum(int(n) for n in re.findall(r"^\S+\.py: (\d+)$", listing, re.M))
    by_django = int(output_of("-c", COUNT_AS_DJANGO).split()[-1])
    print(f"pytest finds {by_pytest} tests, manage.py test {by_django}.")
    return int(by_pytest != by_django or not by_pytest)


if __name__ == "__main__":
    sys.exit(main())

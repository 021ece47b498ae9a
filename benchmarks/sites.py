"""Sites of several sizes, each in its own folder."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHON = sys.executable


@dataclass(frozen=True)
class Site:
    """A filled site: its folder, its database, its readers."""

    folder: Path
    database: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment variables of its processes."""
        database = {"DATABASE_URL": self.database} if self.database else {}
        return {
            **os.environ,
            "ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "PYTHONPATH": str(ROOT),
            "SECRET_KEY": "only-for-benchmarks-" + "x" * 40,
            "ALLOWED_HOSTS": "127.0.0.1,testserver",
            "HTTPS": "false",
            "DATA_DIR": str(self.folder),
            **database,
        }

    def run(self, *command: str, quiet: bool = True, **more: str) -> str:
        """Run a Python command in the site; return what it printed."""
        result = subprocess.run(
            [PYTHON, *command],
            cwd=ROOT,
            env={**self.environment, **more},
            check=True,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if quiet else None,
        )
        return result.stdout

    def readers(self) -> dict[str, dict[str, str]]:
        """Return each kind of reader's nickname, session key and deep cursor."""
        found: dict[str, dict[str, str]] = json.loads(
            self.run("-m", "benchmarks.readers").splitlines()[-1]
        )
        return found


def make_site(
    folder: Path, posts: int, *, people: int, database: str = "", index: bool = False
) -> Site:
    """Return a site with this many posts, created once and kept in ``folder``."""
    site = Site(folder, database)
    done = folder / "complete"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        site.run("manage.py", "migrate", "--verbosity", "0")
        site.run("manage.py", "collectstatic", "--noinput", "--verbosity", "0")
        sizes = ["--people", people, "--posts", posts, "--follows", people * 3]
        more = [] if index else ["--no-index"]
        site.run("manage.py", "demo", *map(str, sizes), *more, quiet=False)
        done.write_text(secrets.token_hex(4))
    return site

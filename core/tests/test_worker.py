"""The worker as a process: it runs tasks, survives locks, and stops cleanly."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase
from django_tasks_db.models import DBTaskResult

PATIENCE = 60  # seconds
PYTHON = [sys.executable, "-W", "ignore"]
MAKE = """
from accounts.models import User
User.objects.create_user("susan", "susan@example.com")
"""


class WorkerProcessTests(SimpleTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.environment = os.environ | {
            "ENV_FILE": os.devnull,
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": f"sqlite:///{self.folder}/db.sqlite3",
            "DJANGO_SETTINGS_MODULE": "microblog.settings.production",
            "SECRET_KEY": "only-for-tests-0123456789-" * 3,
            "ALLOWED_HOSTS": "blog.example",
        }
        self.manage("migrate", "--verbosity", "0")

    def manage(self, *arguments: str) -> None:
        subprocess.run(
            [*PYTHON, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=self.environment,
            check=True,
            capture_output=True,
        )

    def states(self) -> list[str]:
        rows = sqlite3.connect(self.folder / "db.sqlite3")
        found = [row[0] for row in rows.execute(STATES)]
        rows.close()
        return found

    def await_states(self, wanted: list[str]) -> None:
        end = time.monotonic() + PATIENCE
        while self.states() != wanted and time.monotonic() < end:
            threading.Event().wait(0.1)
        self.assertEqual(self.states(), wanted)

    def test_runs_tasks_through_a_lock_and_ends_at_a_signal(self) -> None:
        self.manage("shell", "-c", MAKE)
        self.await_states(["READY"])
        lock = sqlite3.connect(self.folder / "db.sqlite3", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        command = [*PYTHON, "manage.py", "worker", "--interval", "0.1"]
        with subprocess.Popen(
            command, cwd=settings.BASE_DIR, env=self.environment, stdout=subprocess.PIPE
        ) as worker:
            assert worker.stdout
            self.assertIn(b"waiting", worker.stdout.readline())
            threading.Event().wait(0.5)
            lock.execute("ROLLBACK")
            lock.close()
            self.await_states(["SUCCESSFUL"])
            self.manage("shell", "-c", MAKE.replace("susan", "john"))
            self.await_states(["SUCCESSFUL", "SUCCESSFUL"])
            worker.send_signal(signal.SIGTERM)
            self.assertEqual(worker.wait(PATIENCE), 0)

    def test_once(self) -> None:
        self.manage("shell", "-c", MAKE)
        self.manage("worker", "--once")
        self.assertEqual(self.states(), ["SUCCESSFUL"])


STATES = f"SELECT status FROM {DBTaskResult._meta.db_table}"  # noqa: S608

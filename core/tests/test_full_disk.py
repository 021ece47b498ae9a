"""SQLite after a restart on a full disk: reading continues."""

import resource
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import OperationalError, connections
from django.test import TestCase

from core.availability import is_unavailable
from core.databases.sqlite3.base import DatabaseWrapper


@contextmanager
def full_disk() -> Iterator[None]:
    """Let no file of this process grow, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class FullDiskTests(TestCase):
    def setUp(self) -> None:
        self.path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "a?b #.db"
        with closing(sqlite3.connect(self.path)) as file:
            file.execute("PRAGMA journal_mode=WAL")
            file.execute("CREATE TABLE words (word text)")
            file.execute("INSERT INTO words VALUES ('lake')")
            file.commit()
        values: dict[str, Any] = {
            **connections["default"].settings_dict,
            "ENGINE": "core.databases.sqlite3",
            "NAME": str(self.path),
            "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL"},
            "CONN_MAX_AGE": 60,
        }
        self.wrapper = DatabaseWrapper(values, "full")
        self.addCleanup(self.wrapper.close)

    def read(self) -> Any:
        with self.wrapper.cursor() as cursor:
            return cursor.execute("SELECT word FROM words").fetchall()

    def write(self) -> None:
        with self.wrapper.cursor() as cursor:
            cursor.execute("INSERT INTO words VALUES ('hill')")

    def test_reading_continues(self) -> None:
        with full_disk():
            self.assertEqual(self.read(), [("lake",)])
            with self.assertRaises(OperationalError) as raised:
                self.write()
        self.assertTrue(is_unavailable(raised.exception))

    def test_the_next_request_writes_when_there_is_room_again(self) -> None:
        with full_disk():
            self.read()
        self.wrapper.close_if_unusable_or_obsolete()  # as after each request
        self.write()
        self.assertEqual(self.read(), [("lake",), ("hill",)])

    def test_a_file_whose_log_has_more_is_not_read_without_it(self) -> None:
        Path(f"{self.path}-wal").write_bytes(b"x" * 100)
        with full_disk(), self.assertRaises(OperationalError):
            self.read()

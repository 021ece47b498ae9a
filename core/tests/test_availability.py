"""Which errors of the three databases mean "unavailable", and which are bugs."""

import errno
import logging

from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    connection,
)
from django.test import RequestFactory, SimpleTestCase

from core.availability import cannot_be_read, is_unavailable
from core.errors import unavailable
from core.log_throttling import warn_throttled
from core.testing import reset_throttling


class CauseError(Exception):
    """An exception of a database driver."""

    def __init__(self, **fields: object) -> None:
        vars(self).update(fields)


def caused(kind: type[Exception], *arguments: object, **fields: object) -> Exception:
    error = kind(*arguments)
    error.__cause__ = CauseError(**fields)
    return error


NOT_NOW = {
    "SQLite locked": caused(OperationalError, "x", sqlite_errorcode=5),
    "SQLite busy, recovering": caused(OperationalError, "x", sqlite_errorcode=261),
    "SQLite full": caused(OperationalError, "x", sqlite_errorcode=13),
    "SQLite read-only": caused(OperationalError, "x", sqlite_errorcode=8),
    "PostgreSQL disk full": caused(OperationalError, "x", sqlstate="53100"),
    "PostgreSQL cancelled": caused(OperationalError, "x", sqlstate="57014"),
    "PostgreSQL serialisation": caused(OperationalError, "x", sqlstate="40001"),
    "PostgreSQL deadlock": caused(OperationalError, "x", sqlstate="40P01"),
    "PostgreSQL lock": caused(OperationalError, "x", sqlstate="55P03"),
    "PostgreSQL read-only": caused(InternalError, "x", sqlstate="25006"),
    "MariaDB lock": caused(OperationalError, 1205, "x"),
    "MariaDB deadlock": caused(OperationalError, 1213, "x"),
    "MariaDB disk full": caused(OperationalError, 1021, "x"),
    "MariaDB table full": caused(OperationalError, 1114, "x"),
    "MariaDB read-only": caused(OperationalError, 1290, "x"),
    "the disk of files": OSError(errno.ENOSPC, "x"),
}
GONE = {
    "SQLite cannot be opened": caused(OperationalError, "x", sqlite_errorcode=14),
    "PostgreSQL starts": caused(OperationalError, "x", sqlstate="57P03"),
    "PostgreSQL has no connection left": caused(
        OperationalError, "x", sqlstate="53300"
    ),
    "MariaDB cannot be reached": caused(OperationalError, 2002, "x"),
    "MariaDB has gone away": caused(OperationalError, 2006, "x"),
}
OURS = {
    "SQLite no such table": caused(OperationalError, "x", sqlite_errorcode=1),
    "PostgreSQL no such table": caused(DatabaseError, "x", sqlstate="42P01"),
    "PostgreSQL unique": caused(IntegrityError, "x", sqlstate="23505"),
    "MariaDB unknown column": caused(OperationalError, 1054, "x"),
    "MariaDB unique": caused(IntegrityError, 1062, "x"),
    "a broken rule": IntegrityError("x"),
    "no file": FileNotFoundError(errno.ENOENT, "x"),
    "no error of a database": ValueError("x"),
    "none": None,
}


class UnavailableTests(SimpleTestCase):
    def test_not_now(self) -> None:
        for name, error in NOT_NOW.items():
            with self.subTest(name):
                self.assertTrue(is_unavailable(error))
                self.assertFalse(cannot_be_read(error))

    def test_gone(self) -> None:
        for name, error in GONE.items():
            with self.subTest(name):
                self.assertTrue(is_unavailable(error))
                self.assertTrue(cannot_be_read(error))

    def test_ours(self) -> None:
        for name, error in OURS.items():
            with self.subTest(name):
                self.assertFalse(is_unavailable(error))

    def test_a_server_that_hung_up_has_no_code(self) -> None:
        expected = connection.vendor != "sqlite"
        for kind in (OperationalError, InterfaceError):
            self.assertEqual(is_unavailable(kind("closed")), expected)

    def test_what_users_say_about_themselves_is_given_back(self) -> None:
        form = {"username": "susan", "about_me": "A long thought"}
        request = RequestFactory().post("/edit", form)
        response = unavailable(request, OperationalError())
        for text in ("A long thought", 'name="username" value="susan"'):
            self.assertContains(response, text, status_code=503)


class SparseLogTests(SimpleTestCase):
    def test_a_line_a_minute(self) -> None:
        reset_throttling()
        self.addCleanup(reset_throttling)
        logger = logging.getLogger("core.throttled")
        with self.assertLogs(logger, "WARNING") as logs:
            for number in range(50):
                warn_throttled(logger, "A line about %d", number)
            warn_throttled(logger, "Another")
        self.assertEqual(len(logs.output), 2)

"""Handling of a database that is locked, full, read-only or unreachable.

Reading continues where the database allows it: optional writes of a reading request are
tried without waiting. A write that fails is answered with a page with status 503.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from core.log_throttling import warn_throttled

logger = logging.getLogger(__name__)

OPTIONAL_LOCK_TIMEOUT_MS = 100  # how long an optional write waits for a lock

# https://www.sqlite.org/rescode.html: PERM, BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL,
# CANTOPEN, PROTOCOL
SQLITE = frozenset({3, 5, 6, 7, 8, 10, 13, 14, 15})
# https://www.postgresql.org/docs/current/errcodes-appendix.html: connections,
# resources, an operator's intervention (time-outs, shutdown), the system; then a
# read-only transaction, a failed serialisation, a deadlock, a lock that is not free.
POSTGRESQL_CLASSES = frozenset({"08", "53", "57", "58"})
POSTGRESQL = frozenset({"25006", "40001", "40P01", "55P03"})
# https://mariadb.com/kb/en/mariadb-error-codes/
MARIADB = frozenset(
    {
        *(
            1021,
            1026,
            1030,
            1114,
        ),  # disk full, cannot write, engine's error, table full
        *(1205, 1213),  # lock wait time-out, deadlock
        *(1290, 1792, 1836),  # read-only
        *(1040, 1053, 1203, 1226, 1317, 1969),  # connections, shutdown, interrupted
        *(2002, 2003, 2005, 2006, 2013, 2055),  # cannot be reached, gone
    }
)
NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


def is_unavailable(error: BaseException | None) -> bool:
    """Return whether ``error`` means that the database cannot be used now.

    Any other error of a database is a bug.
    """
    if isinstance(error, OSError):
        return error.errno in NO_SPACE
    if not isinstance(error, DatabaseError | InterfaceError):
        return False
    cause: Any = error.__cause__
    if isinstance(code := getattr(cause, "sqlite_errorcode", None), int):
        return code & 0xFF in SQLITE
    if sqlstate := getattr(cause, "sqlstate", None):
        return sqlstate[:2] in POSTGRESQL_CLASSES or sqlstate in POSTGRESQL
    if error.args and isinstance(error.args[0], int):
        return error.args[0] in MARIADB
    # Without an error code the server was not reached, or closed the connection.
    return isinstance(error, OperationalError | InterfaceError) and (
        connection.vendor != "sqlite"
    )


def cannot_be_read(error: BaseException | None) -> bool:
    """Return whether ``error`` means that the database cannot be read, either."""
    cause: Any = getattr(error, "__cause__", None)
    if isinstance(code := getattr(cause, "sqlite_errorcode", None), int):
        return code & 0xFF in {10, 14}
    if sqlstate := getattr(cause, "sqlstate", None):
        return str(sqlstate).startswith(("08", "57P", "53300"))
    arguments = getattr(error, "args", ())
    number = arguments[0] if arguments and isinstance(arguments[0], int) else 2000
    return isinstance(error, DatabaseError | InterfaceError) and (
        number >= 2000 or number in {1040, 1053, 1203, 1226}
    )


@contextmanager
def optional_write() -> Iterator[None]:
    """Run the block without waiting for locks; skip the rest of it if a write fails.

    For writes that a page can do without.
    """
    try:
        with lock_timeout(OPTIONAL_LOCK_TIMEOUT_MS):
            yield
    except (DatabaseError, InterfaceError) as error:
        if not is_unavailable(error):
            raise
        warn_throttled(logger, "Left out what a page can do without: %s", error)


# The lock timeout of a session: a moment, then the configured one again.
_WAITS = {
    "sqlite": ("PRAGMA busy_timeout = {ms}", "PRAGMA busy_timeout = {before}"),
    "postgresql": ("SET lock_timeout = {ms}", "SET lock_timeout = {before}"),
    "mysql": (
        "SET innodb_lock_wait_timeout = {s}",
        "SET innodb_lock_wait_timeout = {before_s}",
    ),
}


@contextmanager
def lock_timeout(milliseconds: int) -> Iterator[None]:
    """Limit the wait for locks inside the block (MariaDB: whole seconds)."""
    connection.ensure_connection()
    seconds = settings.DATABASE_LOCK_TIMEOUT
    values = {
        "ms": milliseconds,
        "s": milliseconds // 1000,
        "before": seconds * 1000,
        "before_s": seconds,
    }
    begin, end = (text.format(**values) for text in _WAITS[connection.vendor])
    _execute(begin)
    try:
        yield
    finally:
        with suppress(Exception):  # the connection is broken; the next one is new
            _execute(end)


def _execute(statement: str) -> None:
    """Run a statement that does not count as a query of the page."""
    with connection.wrap_database_errors:
        cursor = connection.connection.cursor()
        cursor.execute(statement)
        cursor.close()

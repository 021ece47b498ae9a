"""Django's backend for SQLite; see ``core.databases.late_begin``."""

from __future__ import annotations

import logging
import sqlite3
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.db.backends.sqlite3 import base

from core.databases.late_begin import LateBeginMixin
from core.log_throttling import warn_throttled

logger = logging.getLogger(__name__)

# https://www.sqlite.org/rescode.html: IOERR, FULL, CANTOPEN
NO_ROOM = frozenset({10, 13, 14})


class DatabaseWrapper(LateBeginMixin, base.DatabaseWrapper):
    """SQLite, whose one write lock is taken by a request's first write."""

    def _begin(self) -> None:
        # Not the mixin's, which would begin late.
        base.DatabaseWrapper._start_transaction_under_autocommit(self)  # type: ignore[attr-defined]

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open the file; on a full disk only for reading, until the request ends.

        The first connection creates a file of 32 KB for its log (``-shm``).
        """
        try:
            return super().get_new_connection(conn_params)
        except sqlite3.Error as error:
            file = Path(conn_params["database"])
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code not in NO_ROOM or not _is_complete(file):
                raise
            warn_throttled(logger, "The database is opened for reading only: %s", error)
        uri = f"file:{quote(str(file.absolute()))}?mode=ro&immutable=1"
        connection = super().get_new_connection(conn_params | {"database": uri})
        # Django's close_old_connections checks it after each request.
        self.close_at = time.monotonic()
        return connection


def _is_complete(file: Path) -> bool:
    """Return whether the file exists, and its log (``-wal``) adds nothing to it."""
    log = Path(f"{file}-wal")
    try:
        return file.is_file() and (not log.exists() or log.stat().st_size == 0)
    except OSError:
        return False

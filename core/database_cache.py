"""A cache without eviction, for rate limits and used codes.

Django's own caches evict entries when they are full, so anyone who can cause entries
can make them forget. This one keeps every entry until it expires, in a table of the
site's database, which all processes share and which survives their end.

An entry that would live longer than its time-out from now on is of a clock that was
ahead and has been set right: it counts as missing, or a limit reached then would keep
people out until that moment.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Any, Final

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import OperationalError, connection
from django.db.models.constants import OnConflict

from core.databases.late_begin import late_connection
from core.ids import MAX_AHEAD

# The table of core.models.CacheEntry, named here because caches are created before the
# apps.
TABLE: Final = "core_cacheentry"
COLUMNS: Final = ["key", "value", "expires", "lifetime"]
FOREVER: Final = 1e12
# One write in this many deletes up to PURGE_ROWS expired entries, so that the table
# stays bounded without a worker, too.
PURGE_EVERY: Final = 64
PURGE_ROWS: Final = 500
MARIADB_DEADLOCK: Final = 1213
DEADLOCK_ATTEMPTS: Final = 10


class DatabaseCache(BaseCache):
    """Django's cache API over ``CacheEntry``; values must be JSON.

    ``add`` is atomic. What is written before a request's transaction has begun is kept
    even if the request fails (``core.transactions``). Reading never writes. If the
    database cannot be written its error is raised: a limit that cannot be counted lets
    nobody through.
    """

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        """Accept Django's parameters; none limits the number of entries."""
        super().__init__(params)

    def add(
        self,
        key: str,
        value: Any,
        timeout: Any = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """Store the value unless the key exists; return whether it was stored."""
        digest, *values = self._row(key, value, timeout, version)
        if _execute(_insert(OnConflict.IGNORE), [digest, *values]):
            return True
        live, moments = _live()
        sql = f"UPDATE {_table()} SET {_column('value')} = %s, "  # noqa: S608
        sql += f"{_column('expires')} = %s, {_column('lifetime')} = %s "
        sql += f"WHERE {_column('key')} = %s AND NOT ({live})"
        return _execute(sql, [*values, digest, *moments]) == 1

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        live, moments = _live()
        sql = f"SELECT {_column('value')} FROM {_table()} WHERE "  # noqa: S608
        sql += f"{_column('key')} = %s AND {live}"
        with connection.cursor() as cursor:
            cursor.execute(sql, [self._digest(key, version), *moments])
            row = cursor.fetchone()
        return default if row is None else json.loads(row[0])

    def set(
        self,
        key: str,
        value: Any,
        timeout: Any = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        _execute(_insert(OnConflict.UPDATE), self._row(key, value, timeout, version))
        _purge_sometimes()

    def read_texts(self, keys: Iterable[str]) -> dict[str, str]:
        """Return the stored texts of the keys that have an entry, expired or not."""
        digests = {self._digest(key, None): key for key in keys}
        marks = ", ".join(["%s"] * len(digests))
        sql = f"SELECT {_column('key')}, {_column('value')} FROM {_table()} "  # noqa: S608
        sql += f"WHERE {_column('key')} IN ({marks})"
        with connection.cursor() as cursor:
            cursor.execute(sql, list(digests))
            return {digests[digest]: text for digest, text in cursor.fetchall()}

    def compare_and_set(
        self, key: str, before: str | None, text: str, timeout: float
    ) -> bool:
        """Store ``text`` if the entry still has the text ``before``; tell whether.

        ``before`` is what ``read_texts`` said, None for no entry. One statement, so
        that of several who have read the same only one succeeds.
        """
        digest, times = self._digest(key, None), self._times(timeout)
        if before is None:
            stored = _execute(_insert(OnConflict.IGNORE), [digest, text, *times])
            _purge_sometimes()
            return stored == 1
        sql = f"UPDATE {_table()} SET {_column('value')} = %s, "  # noqa: S608
        sql += f"{_column('expires')} = %s, {_column('lifetime')} = %s "
        sql += f"WHERE {_column('key')} = %s AND {_column('value')} = %s"
        return _execute(sql, [text, *times, digest, before]) == 1

    def touch(
        self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        """Change the expiry of a key; return whether it exists."""
        live, moments = _live()
        sql = f"UPDATE {_table()} SET {_column('expires')} = %s, "  # noqa: S608
        sql += f"{_column('lifetime')} = %s WHERE {_column('key')} = %s AND {live}"
        digest = self._digest(key, version)
        return _execute(sql, [*self._times(timeout), digest, *moments]) == 1

    def delete(self, key: str, version: int | None = None) -> bool:
        """Delete a key; return whether it existed."""
        return _delete([self._digest(key, version)]) == 1

    def clear(self) -> None:
        _execute(f"DELETE FROM {_table()}", [])  # noqa: S608

    def _row(
        self, key: str, value: Any, timeout: Any, version: int | None
    ) -> tuple[str, str, float, float]:
        digest = self._digest(key, version)
        return (digest, json.dumps(value), *self._times(timeout))

    def _digest(self, key: str, version: int | None) -> str:
        return sha256(self.make_key(key, version).encode()).hexdigest()

    def _times(self, timeout: Any) -> tuple[float, float]:
        """Return when an entry expires, and after how many seconds."""
        moment = self.get_backend_timeout(timeout)
        if moment is None:
            return FOREVER, FOREVER
        return moment, moment - time.time()


def _live() -> tuple[str, list[float]]:
    """Return the condition under which an entry counts, and its parameters."""
    now, expires = time.time(), _column("expires")
    condition = f"{expires} > %s AND {expires} <= {_column('lifetime')} + %s"
    return condition, [now, now + MAX_AHEAD.total_seconds()]


def purge_expired(limit: int) -> int:
    """Delete up to ``limit`` expired entries; return how many."""
    now, expires = time.time(), _column("expires")
    sql = f"SELECT {_column('key')} FROM {_table()} WHERE {expires} <= %s "  # noqa: S608
    sql += f"ORDER BY {expires} LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [now, limit])
        keys = [key for (key,) in cursor.fetchall()]
    return _delete(keys, f" AND {expires} <= %s", now)


def _purge_sometimes() -> None:
    if not secrets.randbelow(PURGE_EVERY):
        purge_expired(PURGE_ROWS)


def _delete(keys: Sequence[str], condition: str = "", *params: Any) -> int:
    if not keys:
        return 0
    marks = ", ".join(["%s"] * len(keys))
    sql = f"DELETE FROM {_table()} WHERE {_column('key')} IN ({marks})"  # noqa: S608
    return _execute(sql + condition, [*keys, *params])


def _insert(on_conflict: OnConflict) -> str:
    columns = ", ".join(_column(name) for name in COLUMNS)
    suffix = connection.ops.on_conflict_suffix_sql(
        COLUMNS, on_conflict, COLUMNS[1:], COLUMNS[:1]
    )
    start = connection.ops.insert_statement(on_conflict=on_conflict)
    return f"{start} {_table()} ({columns}) VALUES (%s, %s, %s, %s) {suffix}"


def _table() -> str:
    return connection.ops.quote_name(TABLE)


def _column(name: str) -> str:
    return connection.ops.quote_name(name)


def _execute(sql: str, params: Sequence[Any]) -> int:
    """Run one statement that writes; return the number of rows."""
    with late_connection().outside_transaction() as alone:
        return _without_deadlock(lambda: _run(sql, params), alone=alone)


def _run(sql: str, params: Sequence[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        count: int = cursor.rowcount
        return count


def _without_deadlock(run: Callable[[], int], *, alone: bool) -> int:
    """Repeat a statement that MariaDB aborted because of a deadlock."""
    for _attempt in range(DEADLOCK_ATTEMPTS if alone else 0):
        try:
            return run()
        except OperationalError as error:
            if error.args[:1] != (MARIADB_DEADLOCK,):
                raise
    return run()

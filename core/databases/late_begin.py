"""Transactions that begin in the database with the first write.

Django's ``atomic`` takes SQLite's only write lock when it is entered. A request that
hashes a password or waits for another server before it writes would block all other
writers. ``LateBeginMixin`` lets one ``atomic`` begin late: what is read before the
first write is read outside the transaction, as under PostgreSQL's READ COMMITTED.
Nested ``atomic`` blocks begin it at once, because SQLite has no other way to lock what
they read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from django.db import DEFAULT_DB_ALIAS, connections, transaction

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
else:
    BaseDatabaseWrapper = object

READS = re.compile(r"[\s(]*(SELECT|EXPLAIN|PRAGMA|SHOW)\b", re.IGNORECASE)
LOCKS = re.compile(r"\bFOR\s+(NO\s+KEY\s+UPDATE|UPDATE|KEY\s+SHARE|SHARE)\b", re.I)


def only_reads(sql: str) -> bool:
    """Return whether a statement neither writes nor locks rows."""
    return READS.match(sql) is not None and LOCKS.search(sql) is None


def late_connection() -> LateBeginMixin:
    """Return this thread's connection to the site's database."""
    return cast("LateBeginMixin", connections[DEFAULT_DB_ALIAS])


class LateAtomic(transaction.Atomic):
    """Django's ``atomic`` block; an outermost one begins with its first write."""

    def __init__(self) -> None:
        """Take the site's database, and Django's other defaults."""
        super().__init__(DEFAULT_DB_ALIAS, savepoint=True, durable=False)

    def __enter__(self) -> None:
        with late_connection().begin_late():
            super().__enter__()


class LateBeginMixin(BaseDatabaseWrapper):
    """Adds ``begin_late`` and ``outside_transaction`` to a ``DatabaseWrapper``."""

    _next_begins_late = False
    _begin_pending = False
    _outside = False

    @contextmanager
    def begin_late(self) -> Iterator[None]:
        """Let the outermost ``atomic`` that is entered in this block begin late."""
        self._next_begins_late = True
        try:
            yield
        finally:
            self._next_begins_late = False

    @contextmanager
    def outside_transaction(self) -> Iterator[bool]:
        """Commit each statement of this block at once, if no transaction has begun.

        Yields True then: the statements stay, whatever happens to the surrounding
        ``atomic``. Yields False inside a transaction that has begun, of which the
        statements are a part.
        """
        before, self._outside = self._outside, True
        try:
            yield self._begin_pending or not self.in_atomic_block
        finally:
            self._outside = before

    def connect(self) -> None:
        """Connect; a transaction of the previous connection is over."""
        self._forget_pending()
        super().connect()

    def set_autocommit(
        self,
        autocommit: bool,
        force_begin_transaction_with_broken_autocommit: bool = False,
    ) -> None:
        """Begin or end a transaction, which may not have begun in the database yet."""
        if autocommit:
            self._forget_pending()
        super().set_autocommit(
            autocommit,
            force_begin_transaction_with_broken_autocommit=(
                force_begin_transaction_with_broken_autocommit
            ),
        )

    def _start_transaction_under_autocommit(self) -> None:
        if self._next_begins_late:
            self._begin_pending = True
            self.execute_wrappers.append(self._begin_before_write)
        else:
            self._begin()

    def _begin(self) -> None:
        self._set_autocommit(False)  # type: ignore[attr-defined]

    def _forget_pending(self) -> None:
        if self._begin_pending:
            self._begin_pending = False
            self.execute_wrappers.remove(self._begin_before_write)

    def _begin_before_write(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,
        context: Any,
    ) -> Any:
        if self._begin_pending and not self._outside and not only_reads(str(sql)):
            self._forget_pending()
            self._begin()
        return execute(sql, params, many, context)

"""Django's backend for SQLite; see ``core.databases.late_begin``."""

from django.db.backends.sqlite3 import base

from core.databases.late_begin import LateBeginMixin


class DatabaseWrapper(LateBeginMixin, base.DatabaseWrapper):
    """SQLite, whose one write lock is taken by a request's first write."""

    def _begin(self) -> None:
        # Not the mixin's, which would begin late.
        base.DatabaseWrapper._start_transaction_under_autocommit(self)  # type: ignore[attr-defined]

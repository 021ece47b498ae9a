"""Django's backend for PostgreSQL; see ``core.databases.late_begin``."""

from django.db.backends.postgresql import base

from core.databases.late_begin import LateBeginMixin


class DatabaseWrapper(LateBeginMixin, base.DatabaseWrapper):
    """PostgreSQL, where a request's transaction begins with its first write."""

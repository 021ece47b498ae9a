"""Django's backend for MariaDB; see ``core.databases.late_begin``."""

from django.db.backends.mysql import base

from core.databases.late_begin import LateBeginMixin


class DatabaseWrapper(LateBeginMixin, base.DatabaseWrapper):
    """MariaDB, where a request's transaction begins with its first write."""

"""How long a process that answers requests waits for a database that hangs."""

from __future__ import annotations

from typing import Any

from django.conf import settings

# Later than the server's own answer that a lock was not to be had.
GRACE_SECONDS = 1


def limit_waiting(database: dict[str, Any]) -> None:
    """Let new connections to ``database`` give up on a server that does not answer.

    For MariaDB, whose driver otherwise waits without end: for each statement, and
    longer than ``DATABASE_LOCK_TIMEOUT`` by ``GRACE_SECONDS`` only. Not for commands
    and the worker, whose statements may take their time. What ``DATABASE_URL`` says
    about ``read_timeout`` and ``write_timeout`` holds.
    """
    if database["ENGINE"] == "core.databases.mysql":
        seconds = settings.DATABASE_LOCK_TIMEOUT + GRACE_SECONDS
        for option in ("read_timeout", "write_timeout"):
            database["OPTIONS"].setdefault(option, seconds)

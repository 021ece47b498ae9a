"""Slow queries (row F3): each is logged with the line of ours that asked for it.

Installed on every connection, so it covers requests, the worker and commands.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

if TYPE_CHECKING:
    from types import FrameType

logger = logging.getLogger("microblog.slow_queries")

PARAMETERS_LENGTH = 300
# Statements whose parameters are nobody's business.
SECRETS = ("password", "session_data", "django_session", "mfa_authenticator")
_HERE = str(Path(__file__))


def install() -> None:
    """Watch the connections that exist and those that will."""
    connection_created.connect(_watch, dispatch_uid="slow_queries")
    for connection in connections.all(initialized_only=True):
        _watch(connection=connection)


def _watch(connection: BaseDatabaseWrapper, **kwargs: Any) -> None:
    if log_if_slow not in connection.execute_wrappers:
        connection.execute_wrappers.append(log_if_slow)


def log_if_slow(
    execute: Callable[..., Any],
    sql: str,
    params: Any,
    many: bool,
    context: dict[str, Any],
) -> Any:
    """Run a statement; warn when it took over ``DATABASE_QUERY_TIMEOUT`` seconds."""
    start = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    finally:
        seconds = time.perf_counter() - start
        if seconds > settings.DATABASE_QUERY_TIMEOUT:
            logger.warning(
                "Slow query: %.3f s at %s: %s; parameters: %s",
                seconds,
                _our_line(sys._getframe(1)),
                sql,
                _shown(sql, params),
            )


def _shown(sql: str, params: Any) -> str:
    if any(secret in sql for secret in SECRETS):
        return "(hidden)"
    return repr(params)[:PARAMETERS_LENGTH]


def _our_line(frame: FrameType | None) -> str:
    """Return file and line of the innermost caller that is this project's code."""
    root = f"{settings.BASE_DIR}/"
    while frame is not None:
        name = frame.f_code.co_filename
        ours = name.startswith(root) and "/site-packages/" not in name
        if ours and name != _HERE:
            return f"{name.removeprefix(root)}:{frame.f_lineno}"
        frame = frame.f_back
    return "(a library)"

"""Slow queries: each is logged with the line of ours that asked for it.

Of the parameters numbers and times are shown, and never a text: it may be a code, the
key of a session, a secret of a feed, or what somebody wrote.
Installed on every connection, so it covers requests, the worker and commands.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from core.statements import plain_parameter, without_texts

if TYPE_CHECKING:
    from types import FrameType

logger = logging.getLogger("microblog.slow_queries")

PARAMETERS_LENGTH = 300
_HERE = str(Path(__file__))


def install() -> None:
    """Install the wrapper on all existing and future connections."""
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
    """Run a statement; warn if it took over ``DATABASE_QUERY_TIMEOUT`` seconds."""
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
                without_texts(sql),
                _shown(params),
            )


def _shown(params: Any) -> str:
    """Return the parameters of one execution, or of several, up to a length."""
    if isinstance(params, Mapping):
        params = params.values()
    shown = []
    for value in islice(params or (), PARAMETERS_LENGTH):
        several = isinstance(value, (tuple, list))
        shown.append(_shown(value) if several else plain_parameter(value))
    return f"({', '.join(shown)})"[:PARAMETERS_LENGTH]


def _our_line(frame: FrameType | None) -> str:
    """Return file and line of the innermost caller in this project."""
    root = f"{settings.BASE_DIR}/"
    while frame is not None:
        name = frame.f_code.co_filename
        ours = name.startswith(root) and "/site-packages/" not in name
        if ours and name != _HERE:
            return f"{name.removeprefix(root)}:{frame.f_lineno}"
        frame = frame.f_back
    return "(a library)"

"""A cache in Redis for sessions; the site works when Redis fails."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

from core.log_throttling import warn_throttled

logger = logging.getLogger(__name__)

PAUSE = 5.0  # seconds without Redis after a failure
SESSION_SECONDS = 60

asleep_until: dict[str, float] = {}  # server → monotonic time


def _guarded(name: str) -> Callable[..., Any]:
    """Return the cache method ``name``: that of Redis, or of the fallback."""

    def method(self: SessionRedisCache, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= asleep_until.get(self.server, 0):
            try:
                return getattr(super(SessionRedisCache, self), name)(*args, **kwargs)
            except (RedisError, OSError) as error:
                asleep_until[self.server] = time.monotonic() + PAUSE
                warn_throttled(
                    logger,
                    "Redis does not answer, continuing without it for %s s: %s",
                    PAUSE,
                    error,
                )
        return getattr(self.substitute, name)(*args, **kwargs)

    method.__name__ = name
    return method


class SessionRedisCache(RedisCache):
    """Redis for sessions; while it fails nothing is cached, and the database is used.

    A Redis that hangs costs one timeout in ``PAUSE`` seconds. Sessions are read from
    the database once in ``SESSION_SECONDS``, so that one that was ended while Redis was
    unreachable does not continue. Redis may evict them.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.server = server
        self.substitute = DummyCache("", {})

    add = _guarded("add")
    get = _guarded("get")
    set = _guarded("set")
    touch = _guarded("touch")
    delete = _guarded("delete")
    get_many = _guarded("get_many")
    has_key = _guarded("has_key")
    incr = _guarded("incr")
    set_many = _guarded("set_many")
    delete_many = _guarded("delete_many")
    clear = _guarded("clear")

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> int | None:
        """Return the timeout in seconds, at most ``SESSION_SECONDS``."""
        seconds = super().get_backend_timeout(timeout)
        return (
            SESSION_SECONDS if seconds is None else min(int(seconds), SESSION_SECONDS)
        )

"""Redis as a cache that may die at any moment without taking the site with it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

PAUSE = 5.0  # seconds without Redis after it failed to answer
SESSION_SECONDS = 60
MEMORY_ENTRIES = 10_000  # Django's default of 300 would forget limits of a busy site

asleep_until: dict[str, float] = {}  # server → monotonic time


def _guarded(name: str) -> Callable[..., Any]:
    """Return the method ``name`` of a cache: Redis' own, or the substitute's."""

    def method(self: MemoryWithoutRedis, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= asleep_until.get(self.server, 0):
            try:
                return getattr(super(MemoryWithoutRedis, self), name)(*args, **kwargs)
            except (RedisError, OSError) as error:
                asleep_until[self.server] = time.monotonic() + PAUSE
                logger.warning(
                    "Redis does not answer, going on without it for %s s: %s",
                    PAUSE,
                    error,
                )
        return getattr(self.substitute, name)(*args, **kwargs)

    method.__name__ = name
    return method


class MemoryWithoutRedis(RedisCache):
    """Redis; while it does not answer, the memory of this process.

    So what is counted for rate limits goes on being counted, by each process for
    itself. A Redis that hangs costs one time-out in ``PAUSE`` seconds.
    """

    substitute: BaseCache

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        """Connect nothing yet."""
        super().__init__(server, params)
        self.server = server
        options = {"OPTIONS": {"MAX_ENTRIES": MEMORY_ENTRIES}}
        self.substitute = LocMemCache("without-redis", options)

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


class SessionsInRedis(MemoryWithoutRedis):
    """Redis for sessions; while it does not answer, nothing: the database has them.

    They are looked up in the database once in ``SESSION_SECONDS``, so that one that
    was ended while Redis was out of reach does not live on.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        """Connect nothing yet."""
        super().__init__(server, params)
        self.substitute = DummyCache("", {})

    def get_backend_timeout(self, timeout: Any = DEFAULT_TIMEOUT) -> int | None:
        """Return the seconds that an entry may stay, ``SESSION_SECONDS`` at most."""
        seconds = super().get_backend_timeout(timeout)
        return (
            SESSION_SECONDS if seconds is None else min(int(seconds), SESSION_SECONDS)
        )

"""The cache of sessions that ``CACHE_URL`` asks for."""

from typing import Any


def sessions_cache(redis: dict[str, Any]) -> dict[str, Any]:
    """Return the cache that keeps copies of sessions in Redis, or continues without it.

    ``redis`` is what ``CACHE_URL`` says.
    """
    return {
        "BACKEND": "core.redis_cache.SessionRedisCache",
        "LOCATION": redis["LOCATION"],
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }

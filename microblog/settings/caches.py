"""The cache of sessions that ``CACHE_URL`` asks for."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured


def sessions_cache(redis: dict[str, Any]) -> dict[str, Any]:
    """Return the cache that keeps copies of sessions in Redis, or goes on without it.

    ``redis`` is what ``CACHE_URL`` says; raises ``ImproperlyConfigured`` if it names
    another cache.
    """
    if "redis" not in redis["BACKEND"]:
        message = "CACHE_URL must name a Redis, such as rediscache://host:6379/0."
        raise ImproperlyConfigured(message)
    return {
        "BACKEND": "core.redis_cache.SessionsInRedis",
        "LOCATION": redis["LOCATION"],
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }

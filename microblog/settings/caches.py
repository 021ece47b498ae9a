"""What changes when ``CACHE_URL`` names a Redis."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured


def use_redis(settings: dict[str, Any], cache: dict[str, Any]) -> None:
    """Keep copies of sessions in Redis, and go on without it when it dies."""
    if "redis" not in cache["BACKEND"]:
        message = "CACHE_URL must name a Redis, such as rediscache://host:6379/0."
        raise ImproperlyConfigured(message)
    settings["CACHES"]["sessions"] = {
        "BACKEND": "core.redis_cache.SessionsInRedis",
        "LOCATION": cache["LOCATION"],
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
    settings["SESSION_ENGINE"] = "django.contrib.sessions.backends.cached_db"
    settings["SESSION_CACHE_ALIAS"] = "sessions"

"""What changes when ``CACHE_URL`` names a Redis."""

from typing import Any


def use_redis(settings: dict[str, Any]) -> None:
    """Count in Redis, keep sessions there, too, and go on without it when it dies."""
    redis = {
        "LOCATION": settings["CACHES"]["default"]["LOCATION"],
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
    module = "core.redis_cache"
    settings["CACHES"] = {
        "default": {"BACKEND": f"{module}.MemoryWithoutRedis", **redis},
        "sessions": {"BACKEND": f"{module}.SessionsInRedis", **redis},
    }
    settings["SESSION_ENGINE"] = "django.contrib.sessions.backends.cached_db"
    settings["SESSION_CACHE_ALIAS"] = "sessions"

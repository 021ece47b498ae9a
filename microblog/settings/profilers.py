"""silk's settings, for development and production.

It records a share of the requests, without what could sign somebody in
(``core.silk_redaction``); its pages are for superusers only.
"""

from typing import Any

from microblog.settings.base import DATA_DIR, MIDDLEWARE


def is_superuser(user: Any) -> bool:
    """Return whether a user may see silk's pages."""
    return bool(user.is_superuser)


def middleware_with_silk() -> list[str]:
    """Return ``MIDDLEWARE`` with silk's; make the folder of its profiles."""
    PROFILES.mkdir(parents=True, exist_ok=True)
    place = MIDDLEWARE.index("django.contrib.messages.middleware.MessageMiddleware")
    return [*MIDDLEWARE[:place], SILKY_MIDDLEWARE_CLASS, *MIDDLEWARE[place:]]


PROFILES = DATA_DIR / "profiles"
SILKY_AUTHENTICATION = True
SILKY_AUTHORISATION = True
SILKY_PERMISSIONS = is_superuser
SILKY_MIDDLEWARE_CLASS = "core.silk_redaction.ProfilingMiddleware"
SILKY_PYTHON_PROFILER = True
SILKY_PYTHON_PROFILER_BINARY = True
SILKY_PYTHON_PROFILER_RESULT_PATH = str(PROFILES)
SILKY_STORAGE_CLASS = "core.silk_storage.LimitedProfileStorage"
SILK_MAX_PROFILES = 200
SILKY_MAX_RECORDED_REQUESTS = 10_000
SILKY_MAX_RECORDED_REQUESTS_CHECK_PERCENT = 1
SILKY_MAX_REQUEST_BODY_SIZE = 0
SILKY_MAX_RESPONSE_BODY_SIZE = 0
SILKY_IGNORE_PATHS = ["/healthz", "/readyz"]

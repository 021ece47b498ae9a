"""What silk needs, in development and where it is switched on in production (F2)."""

from pathlib import Path
from typing import Any


def add_silk(settings: dict[str, Any], *, percent: int) -> None:
    """Add silk to the settings of an environment.

    ``percent`` of the requests are recorded, without what could sign somebody in
    (``core.recording``); its pages are for superusers only.
    """
    profiles = Path(settings["DATA_DIR"]) / "profiles"
    profiles.mkdir(parents=True, exist_ok=True)
    settings["INSTALLED_APPS"].append("silk")
    middleware = settings["MIDDLEWARE"]
    place = middleware.index("django.contrib.messages.middleware.MessageMiddleware")
    middleware.insert(place, "core.recording.ProfilingMiddleware")
    settings.update(
        SILKY_AUTHENTICATION=True,
        SILKY_AUTHORISATION=True,
        SILKY_PERMISSIONS=lambda user: user.is_superuser,
        SILKY_MIDDLEWARE_CLASS="core.recording.ProfilingMiddleware",
        SILKY_INTERCEPT_PERCENT=percent,
        SILKY_PYTHON_PROFILER=True,
        SILKY_PYTHON_PROFILER_BINARY=True,
        SILKY_PYTHON_PROFILER_RESULT_PATH=str(profiles),
        SILKY_STORAGE_CLASS="core.profiling.BoundedProfileStorage",
        SILKY_MAX_RECORDED_REQUESTS=10_000,
        SILKY_MAX_RECORDED_REQUESTS_CHECK_PERCENT=1,
        SILKY_MAX_REQUEST_BODY_SIZE=0,
        SILKY_MAX_RESPONSE_BODY_SIZE=0,
        SILKY_IGNORE_PATHS=["/healthz", "/readyz"],
    )

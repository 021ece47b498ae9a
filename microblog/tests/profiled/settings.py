"""The test suite's settings, with silk; requests that ask for it are recorded."""

from microblog.settings.profilers import add_silk
from microblog.settings.test import *
from microblog.settings.test import DATABASES

add_silk(globals(), percent=100)
SILKY_INTERCEPT_FUNC = lambda request: "x-record" in request.headers  # noqa: E731
if "sqlite" not in DATABASES["default"]["ENGINE"]:
    # Beside the databases of the tests that run at the same time.
    name = f"test_{DATABASES['default']['NAME']}_profiled"
    DATABASES["default"].setdefault("TEST", {})["NAME"] = name

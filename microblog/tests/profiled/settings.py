"""The test suite's settings, with silk; requests that ask for it are recorded."""

from microblog.settings.test import *
from microblog.settings.test import DATABASES, INSTALLED_APPS

# isort: split
# After the test suite's, which keep .env out.
from microblog.settings.profilers import *
from microblog.settings.profilers import middleware_with_silk

INSTALLED_APPS += ["silk"]
MIDDLEWARE = middleware_with_silk()
SILKY_INTERCEPT_PERCENT = 100
SILKY_INTERCEPT_FUNC = lambda request: "x-record" in request.headers  # noqa: E731
if "sqlite" not in DATABASES["default"]["ENGINE"]:
    # Not the databases of the tests that run at the same time.
    name = f"test_{DATABASES['default']['NAME']}_profiled"
    DATABASES["default"].setdefault("TEST", {})["NAME"] = name

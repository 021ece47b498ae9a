"""Test settings: no environment variables, no profiler, a fast password hasher."""

import os
import tempfile

os.environ["ENV_FILE"] = os.devnull
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="microblog-test-"))

from microblog.settings.base import *
from microblog.settings.base import MIDDLEWARE

SECRET_KEY = "a-key-for-tests-only-that-is-long-enough-for-every-check"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")

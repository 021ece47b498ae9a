"""Production settings, plus a page for comparison."""

from microblog.settings.production import *

ROOT_URLCONF = "benchmarks.urls"
RATE_LIMITS = {"post": "100000/s/user", "translate": "1/m/user"}
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"

"""A developer's machine: debug pages, mail on the terminal, toolbar and silk."""

from csp.constants import NONCE

from microblog.settings.base import *
from microblog.settings.base import (
    CONTENT_SECURITY_POLICY,
    INSTALLED_APPS,
    MIDDLEWARE,
    TEMPLATES,
    env,
)
from microblog.settings.profilers import add_silk

DEBUG = True
SECRET_KEY = env.str("SECRET_KEY", default="insecure-only-for-development")
ALLOWED_HOSTS = ["*"]
INTERNAL_IPS = ["127.0.0.1", "::1"]

# The toolbar (row F1) takes a nonce.
INSTALLED_APPS.append("debug_toolbar")
MIDDLEWARE.insert(
    MIDDLEWARE.index("csp.middleware.CSPMiddleware") + 1,
    "debug_toolbar.middleware.DebugToolbarMiddleware",
)
TEMPLATES[0]["OPTIONS"]["context_processors"].append("csp.context_processors.nonce")
CONTENT_SECURITY_POLICY["DIRECTIVES"].update(
    {"script-src": ["'self'", NONCE], "style-src": ["'self'", NONCE]}
)
DEBUG_TOOLBAR_CONFIG = {"RENDER_PANELS": False, "SHOW_COLLAPSED": True}

if env.bool("SILK_ENABLED", default=True):
    add_silk(globals(), percent=env.int("SILK_SAMPLING_PERCENT", default=100))

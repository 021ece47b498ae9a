"""Development settings: debug pages, mail on the terminal, toolbar and silk."""

import os

from csp.constants import NONCE

from microblog.settings.base import *
from microblog.settings.base import (
    CONTENT_SECURITY_POLICY,
    INSTALLED_APPS,
    MIDDLEWARE,
    SITE_URL,
    TEMPLATES,
    env,
)
from microblog.settings.profilers import *
from microblog.settings.profilers import SILKY_IGNORE_PATHS, middleware_with_silk
from microblog.settings.variables import VARIABLES

DEBUG = True
SECRET_KEY = env.str("SECRET_KEY", default="insecure-only-for-development")
ALLOWED_HOSTS = ["*"]
# `make run` tells the address of its port.
if not env.str("SITE_URL", default=""):
    SITE_URL = os.environ.get("RUN_ADDRESS", SITE_URL)
INTERNAL_IPS = ["127.0.0.1", "::1"]

# The toolbar needs a nonce.
INSTALLED_APPS.append("debug_toolbar")
MIDDLEWARE.insert(
    MIDDLEWARE.index("csp.middleware.CSPMiddleware") + 1,
    "debug_toolbar.middleware.DebugToolbarMiddleware",
)
TEMPLATES[0]["OPTIONS"]["context_processors"].append("csp.context_processors.nonce")
CONTENT_SECURITY_POLICY["DIRECTIVES"].update(
    {"script-src": ["'self'", NONCE], "style-src": ["'self'", NONCE]}
)
DEBUG_TOOLBAR_CONFIG = {
    "RENDER_PANELS": False,
    "SHOW_COLLAPSED": True,
    "SHOW_TOOLBAR_CALLBACK": "core.toolbar.show_on_pages",
}
DEBUG_TOOLBAR_PANELS = [
    "debug_toolbar.panels.history.HistoryPanel",
    "debug_toolbar.panels.timer.TimerPanel",
    "core.toolbar.SQLPanel",
    "debug_toolbar.panels.templates.TemplatesPanel",
    "debug_toolbar.panels.cache.CachePanel",
    "debug_toolbar.panels.signals.SignalsPanel",
    "debug_toolbar.panels.staticfiles.StaticFilesPanel",
    "debug_toolbar.panels.headers.HeadersPanel",
    "debug_toolbar.panels.request.RequestPanel",
    "debug_toolbar.panels.settings.SettingsPanel",
    "debug_toolbar.panels.alerts.AlertsPanel",
    "debug_toolbar.panels.redirects.RedirectsPanel",
    "debug_toolbar.panels.profiling.ProfilingPanel",
]

# Profiling
SILKY_INTERCEPT_PERCENT = env.int(
    "SILK_SAMPLING_PERCENT", VARIABLES["SILK_SAMPLING_PERCENT"].development
)
SILKY_IGNORE_PATHS += [
    f"/__debug__/{button}/"
    for button in ("render_panel", "sql_select", "sql_explain", "sql_profile")
]
if env.bool("SILK_ENABLED", VARIABLES["SILK_ENABLED"].development):
    INSTALLED_APPS += ["silk"]
    MIDDLEWARE = middleware_with_silk()

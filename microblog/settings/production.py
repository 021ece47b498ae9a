"""Production settings: no defaults for secrets, everything is strict."""

from microblog.settings.addresses import script_name
from microblog.settings.base import *
from microblog.settings.base import (
    DATA_DIR,
    DELIVERY_EMAIL_BACKEND,
    INSTALLED_APPS,
    SILENCED_SYSTEM_CHECKS,
    env,
)
from microblog.settings.checks import check_secret_key, required, site_url
from microblog.settings.logs import logging_config
from microblog.settings.profilers import *
from microblog.settings.profilers import middleware_with_silk
from microblog.settings.values import check_hosts, check_origins, check_sub_path

SECRET_KEY = required("SECRET_KEY", "Set it to 50 or more random characters.")
check_secret_key(SECRET_KEY)
required("ALLOWED_HOSTS", "Set it to the site's host names, separated by commas.")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS")
check_hosts(ALLOWED_HOSTS)
HTTPS = env.bool("HTTPS")
FORCE_SCRIPT_NAME = script_name(env.given("SCRIPT_NAME"))
SITE_URL = site_url(
    env.str("SITE_URL", default="").strip(),  # its default is for development
    ALLOWED_HOSTS,
    "https" if HTTPS else "http",
    FORCE_SCRIPT_NAME or "",
)
check_sub_path(SITE_URL, FORCE_SCRIPT_NAME or "")

# Static files, compressed and with hashed names, so that they are cached for ever.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "core.static_files.StaticFilesStorage"},
}

# Security
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS") if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS")
SECURE_HSTS_PRELOAD = SECURE_HSTS_INCLUDE_SUBDOMAINS
# Only the owner knows whether sub-domains are served by HTTPS.
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "security.W005", "security.W021"]
if env.bool("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
check_origins(CSRF_TRUSTED_ORIGINS)
ACCOUNT_DEFAULT_HTTP_PROTOCOL = SITE_URL.partition(":")[0]

# Under a sub-path cookies are not sent to other sites on the host.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = LANGUAGE_COOKIE_PATH = FORCE_SCRIPT_NAME or "/"
STATIC_URL = f"{FORCE_SCRIPT_NAME or ''}/static/"

# Logs
LOG_TO_STDOUT = env.bool("LOG_TO_STDOUT")
LOGGING = logging_config(
    None if LOG_TO_STDOUT else DATA_DIR / "log", DELIVERY_EMAIL_BACKEND
)

# Profiling: the toolbar is impossible here, silk is off unless switched on.
SILKY_INTERCEPT_PERCENT = env.int("SILK_SAMPLING_PERCENT")
if env.bool("SILK_ENABLED"):
    INSTALLED_APPS += ["silk"]
    MIDDLEWARE = middleware_with_silk()

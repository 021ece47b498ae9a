"""What every environment shares, by sections in the order of ``docs/settings.md``.

``microblog.settings.variables`` describes each environment variable, and has its
default.
"""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import environ
from django.utils.translation import gettext_lazy as _

from microblog.settings import components
from microblog.settings.addresses import (
    cache_config,
    database_config,
    email_config,
    search_config,
    web_address,
)
from microblog.settings.caches import sessions_cache
from microblog.settings.checks import check_translator, one_of
from microblog.settings.databases import with_options
from microblog.settings.environment import Environment
from microblog.settings.files import make_private
from microblog.settings.providers import provider_apps, provider_origins
from microblog.settings.security import content_security_policy
from microblog.settings.values import env_file, mail_addresses, sender

# Paths
BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = Environment()
env.read_env(env_file(env.given("ENV_FILE"), BASE_DIR / ".env"))
DATA_DIR = Path(env.given("DATA_DIR") or BASE_DIR / "var")
make_private(DATA_DIR)

# Core
DEBUG = False
SITE_NAME = env.given("SITE_NAME")
SITE_URL = web_address("SITE_URL", env.given("SITE_URL"))
ADMINS = [("", address) for address in mail_addresses(env.names("ADMINS"))]
ROOT_URLCONF = "microblog.urls"
WSGI_APPLICATION = "microblog.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Apps and middleware. Copies, which the other environments change.
INSTALLED_APPS = list(components.INSTALLED_APPS)
MIDDLEWARE = list(components.MIDDLEWARE)

# Templates
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "core.loaders.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "microblog.context_processors.site",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

# Database
DATABASE_LOCK_TIMEOUT = env.int("DATABASE_LOCK_TIMEOUT", minimum=1)
DATABASE_URL = env.given("DATABASE_URL") or f"sqlite:///{DATA_DIR}/db.sqlite3"
DATABASES = {
    "default": with_options(
        database_config(DATABASE_URL), DATABASE_LOCK_TIMEOUT, env.int("CONN_MAX_AGE")
    )
}
DATABASE_QUERY_TIMEOUT = env.float("DATABASE_QUERY_TIMEOUT")
# MariaDB keeps names unique without case by its collation instead; and django-allauth
# looks for an authenticator of the same kind before it adds one.
SILENCED_SYSTEM_CHECKS = ["models.W044", "models.W036"]

# Cache. Rate limits and used codes are in the database, whatever CACHE_URL is; a Redis
# keeps copies of sessions.
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "core.database_cache.DatabaseCache"},
    # rosetta keeps changes here while a catalogue cannot be written.
    "rosetta": env.cache_url_config(f"filecache://{DATA_DIR.absolute()}/cache"),
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
if CACHE_URL := env.given("CACHE_URL"):
    CACHES["sessions"] = sessions_cache(cache_config(CACHE_URL))
    SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
    SESSION_CACHE_ALIAS = "sessions"

# People
AUTH_USER_MODEL = "accounts.User"
# Only one: each would hash the password, and their number would reveal who exists.
AUTHENTICATION_BACKENDS = ["accounts.backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "timelines:home"
# The URL name for User.get_absolute_url.
PROFILE_URL_NAME = "timelines:profile"
PUBLIC_READING = env.bool("PUBLIC_READING")
RESERVED_NICKNAMES = env.names("RESERVED_NICKNAMES")
NICKNAME_HOLD_DAYS = env.int("NICKNAME_HOLD_DAYS")
SIGNUPS = one_of(
    "SIGNUPS", env.given("SIGNUPS"), ("open", "approval", "invitation", "closed")
)
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.sign_up_reason.SignUpReasonForm"
VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{VALIDATION}.MinimumLengthValidator"},
    {"NAME": f"{VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{VALIDATION}.NumericPasswordValidator"},
]
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "confirm_login_code": "accounts.login_forms.ConfirmLoginCodeForm",
    "login": "accounts.login_forms.LoginForm",
    "request_login_code": "accounts.login_forms.RequestLoginCodeForm",
    "reset_password": "accounts.login_forms.ResetPasswordForm",
    "signup": "accounts.sign_up_forms.SignUpForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_PRESERVE_USERNAME_CASING = True
ACCOUNT_USERNAME_MIN_LENGTH = 1
ACCOUNT_USERNAME_VALIDATORS = "accounts.validators.allauth_validators"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
# Login by code, for users who are locked out by others' wrong passwords.
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT")
# The part of an IPv6 address that counts as one client: what a provider gives a home.
ALLAUTH_RATE_LIMIT_IPV6_PREFIX = 56
# What core.rate_limits counts, in django-allauth's notation.
RATE_LIMITS: dict[str, str] = {
    "login_failed": "10/m/ip,5/5m/key",
    "account_already_exists": "1/d/key",
    "follow": env.rates("FOLLOW_RATE", ("user", "ip")),
    # Wrong keys in secret URLs of feeds; right ones are not counted.
    "feed_key": "30/m/ip",
    "post": env.rates("POST_RATE", ("user", "ip")),
    "translate": env.rates("TRANSLATION_RATE", ("user", "ip")),
    "reauthentication_code": "5/h/user",
    # Guesses at one code that was sent; longer than each of them counts.
    "login_code_attempt": "3/15m/key",
    "reauthentication_code_attempt": "5/15m/key",
}
# What django-allauth counts, besides its own limits on signing in.
ACCOUNT_RATE_LIMITS = {
    "signup": env.rates("SIGNUP_RATE", ("ip",)),
    "request_login_code": "20/m/ip,5/15m/key",
    "reset_password": "20/m/ip,5/15m/key",
    # Adding addresses and asking for another mail to confirm one: a mail each time.
    "manage_email": "10/m/user,20/d/user",
}
# In django-allauth's own flows, even where nothing else asks.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
REQUIRE_STAFF_MFA = env.bool("REQUIRE_STAFF_MFA")
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {
    "activate_totp": "accounts.totp_forms.ActivateTOTPForm",
    "add_webauthn": "accounts.security_key_forms.AddWebAuthnForm",
    "edit_webauthn": "accounts.security_key_forms.EditWebAuthnForm",
}
MFA_TOTP_ISSUER = SITE_NAME
USERSESSIONS_TRACK_ACTIVITY = False
SOCIALACCOUNT_ADAPTER = "accounts.social_adapter.SocialAccountAdapter"
# Otherwise an attacker could wait in an account created with another's address.
SOCIALACCOUNT_EMAIL_VERIFICATION = "mandatory"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
OIDC_PROVIDERS: list[dict[str, Any]] = env.providers("OIDC_PROVIDERS")
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "provider_class": "accounts.providers.CheckedProvider",
        "OAUTH_PKCE_ENABLED": True,
        "APPS": provider_apps(OIDC_PROVIDERS),
    }
}
GRAVATAR = env.bool("GRAVATAR")

# Languages
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
ROSETTA_ACCESS_CONTROL_FUNCTION = "moderation.groups.is_translator"
ROSETTA_MESSAGES_PER_PAGE = 50
ROSETTA_SHOW_AT_ADMIN_PANEL = True
ROSETTA_WSGI_AUTO_RELOAD = False
ROSETTA_ENABLE_TRANSLATION_SUGGESTIONS = False

# Static files
STATIC_URL = "static/"
STATIC_ROOT = Path(env.given("STATIC_ROOT") or DATA_DIR / "static")
# For a web server that serves them itself; everything else is private.
FILE_UPLOAD_PERMISSIONS = 0o644
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o755
STATICFILES_DIRS = [BASE_DIR / "static"]

# Mail
MAIL = email_config(env.given("EMAIL_URL") or "consolemail://")
EMAIL_HOST, EMAIL_PORT = MAIL["EMAIL_HOST"], MAIL["EMAIL_PORT"]
EMAIL_HOST_USER = MAIL["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = MAIL["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = MAIL.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = MAIL.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = MAIL["EMAIL_FILE_PATH"]
DELIVERY_EMAIL_BACKEND = MAIL["EMAIL_BACKEND"].replace(
    "django.core.mail.backends.smtp", "core.smtp"
)
EMAIL_BACKEND = "core.mail.QueuedEmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = sender("DEFAULT_FROM_EMAIL", env.given("DEFAULT_FROM_EMAIL"))
SERVER_EMAIL = sender("SERVER_EMAIL", env.given("SERVER_EMAIL") or DEFAULT_FROM_EMAIL)
EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "

# Tasks
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Search
environ.Env.SEARCH_SCHEMES.update(
    whoosh="search.whoosh_engine.Engine", xapian="search.xapian_engine.Engine"
)
SEARCH_URL = (
    env.given("SEARCH_URL") or f"whoosh://{quote(str(DATA_DIR.absolute()))}/whoosh"
)
HAYSTACK_CONNECTIONS: dict[str, dict[str, Any]] = {
    "default": {**search_config(SEARCH_URL), "SILENTLY_FAIL": False}
}
HAYSTACK_SIGNAL_PROCESSOR = "search.signal_processors.TaskSignalProcessor"
HAYSTACK_LIMIT_TO_REGISTERED_MODELS = False
MAX_SEARCH_RESULTS = env.int("MAX_SEARCH_RESULTS", minimum=1)

# Posts
POSTS_PER_PAGE = env.int("POSTS_PER_PAGE", minimum=1)

# Translation
TRANSLATOR = env.given("TRANSLATOR")
TRANSLATOR_URL = env.given("TRANSLATOR_URL")
if TRANSLATOR_URL:
    web_address("TRANSLATOR_URL", TRANSLATOR_URL)
TRANSLATOR_KEY = env.given("TRANSLATOR_KEY")
TRANSLATOR_REGION = env.given("TRANSLATOR_REGION")
check_translator(TRANSLATOR, TRANSLATOR_URL)
TRANSLATOR_TIMEOUT = env.float("TRANSLATOR_TIMEOUT")

# Security
CSRF_FAILURE_VIEW = "accounts.views.csrf_failure"
# Error reports without secrets.
DEFAULT_EXCEPTION_REPORTER = "core.redaction.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "core.redaction.ReporterFilter"
CONTENT_SECURITY_POLICY = content_security_policy(
    images=["https://www.gravatar.com"] if GRAVATAR else [],
    forms=provider_origins(OIDC_PROVIDERS),
)

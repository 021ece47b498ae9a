"""What every environment shares. The one place that reads the environment.

Sections stand in a fixed order: paths, core, apps, middleware, templates,
database, cache, people, languages, static files, mail, tasks, search, posts,
translation, security, profiling. ``docs/settings.md`` explains each variable.
"""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.utils.translation import gettext_lazy as _

from microblog.settings.caches import use_redis
from microblog.settings.checks import check_translator, one_of
from microblog.settings.environment import Environment, database_config
from microblog.settings.files import make_private

# Paths
BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = Environment()
env.read_env(env.path("ENV_FILE", default=str(BASE_DIR / ".env"))())
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
make_private(DATA_DIR)

# Core
DEBUG = False
SITE_NAME = env.str("SITE_NAME", default="microblog")
# The address people use, for links in mails and feeds made outside a request.
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
ADMINS = [("", address) for address in env.names("ADMINS")]
ROOT_URLCONF = "microblog.urls"
WSGI_APPLICATION = "microblog.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Apps
INSTALLED_APPS = [
    "microblog.apps.MicroblogConfig",
    "moderation.apps.ModerationConfig",
    "search.apps.SearchConfig",
    "timelines.apps.TimelinesConfig",
    "posts.apps.PostsConfig",
    "social.apps.SocialConfig",
    "accounts.apps.AccountsConfig",
    "core.apps.CoreConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_tasks",
    "django_tasks_db",
    "haystack",
    "rosetta",
]

# Middleware
MIDDLEWARE = [
    "core.logs.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Pads what it compresses and Django masks tokens, so lengths tell nothing (BREACH).
    "django.middleware.gzip.GZipMiddleware",
    "core.catalogues.CatalogueMiddleware",
    "csp.middleware.CSPMiddleware",
    "core.caching.PrivateByDefaultMiddleware",
    "accounts.middleware.AnonymousPathsMiddleware",
    "core.sessions.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "core.middleware.RemoveSlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.LocaleMiddleware",
    "accounts.middleware.LastSeenMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "core.errors.ErrorPagesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.ProviderErrorsMiddleware",
    "accounts.middleware.FormerNicknameMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "accounts.middleware.LoginRequiredMiddleware",
    "moderation.middleware.StaffPagesMiddleware",
    "accounts.reauthentication.ReauthenticationMiddleware",
    "core.admin_filters.AdminFilterMiddleware",
    "core.transactions.AtomicWritesMiddleware",
]

# Templates
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
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

# Database. SQLite's options were measured: with them no writer of many is lost.
# Seconds that a request waits for another's lock before it gives up.
DATABASE_LOCK_TIMEOUT = env.int("DATABASE_LOCK_TIMEOUT", default=5, minimum=1)
DATABASE_URL = env.given("DATABASE_URL") or f"sqlite:///{DATA_DIR}/db.sqlite3"
DATABASES: dict[str, dict[str, Any]] = {"default": database_config(DATABASE_URL)}
SQLITE_OPTIONS = {
    "timeout": DATABASE_LOCK_TIMEOUT,
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL;"
        "PRAGMA synchronous=NORMAL;"
        "PRAGMA mmap_size=134217728;"
        "PRAGMA journal_size_limit=27103364;"
        "PRAGMA cache_size=2000;"
    ),
}
match DATABASES["default"]["ENGINE"]:
    case "django.db.backends.sqlite3":
        DATABASES["default"]["OPTIONS"] = SQLITE_OPTIONS
        DATABASES["default"]["TEST"] = {"NAME": ":memory:"}
    case "django.db.backends.postgresql":
        # jit=off: its compiler costs a short query more than it can ever save (10 ms a
        # page).
        DATABASES["default"]["OPTIONS"] = {
            "connect_timeout": DATABASE_LOCK_TIMEOUT,
            "options": f"-c jit=off -c lock_timeout={DATABASE_LOCK_TIMEOUT}s",
        } | DATABASES["default"].get("OPTIONS", {})
    case "django.db.backends.mysql":
        DATABASES["default"].setdefault("OPTIONS", {}).update(
            charset="utf8mb4",
            init_command=(
                "SET sql_mode='STRICT_TRANS_TABLES', NAMES utf8mb4, "
                f"innodb_lock_wait_timeout={DATABASE_LOCK_TIMEOUT}"
            ),
            connect_timeout=DATABASE_LOCK_TIMEOUT,
        )
        DATABASES["default"]["TEST"] = {
            "CHARSET": "utf8mb4",
            "COLLATION": "utf8mb4_unicode_ci",
        }
# Our subclasses of Django's backends: transactions that begin at the first write.
DATABASES["default"]["ENGINE"] = DATABASES["default"]["ENGINE"].replace(
    "django.db.backends", "core.databases"
)
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Queries that take longer, in seconds, are logged (row F3).
DATABASE_QUERY_TIMEOUT = env.float("DATABASE_QUERY_TIMEOUT", default=0.5)
# MariaDB keeps names unique without case by its collation instead; and django-allauth
# looks for an authenticator of the same kind before it adds one.
SILENCED_SYSTEM_CHECKS = ["models.W044", "models.W036"]

# Cache. What protects, such as rate limits, stands in the database, whatever
# CACHE_URL says; a Redis keeps copies of sessions.
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "core.database_cache.DatabaseCache"},
    # What translators type while a catalogue cannot be written.
    "rosetta": env.cache_url_config(f"filecache://{DATA_DIR.absolute()}/cache"),
}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
if CACHE_URL := env.str("CACHE_URL", default=""):
    use_redis(globals(), env.cache_url_config(CACHE_URL))

# People
AUTH_USER_MODEL = "accounts.User"
# One alone: each would hash the password, and their number would tell who exists.
AUTHENTICATION_BACKENDS = ["accounts.backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "timelines:home"
# The page of a user, for User.get_absolute_url.
PROFILE_URL_NAME = "timelines:profile"
# Whether Explore, profiles, posts and feeds are shown without a login (row A2).
PUBLIC_READING = env.bool("PUBLIC_READING", default=False)
# Besides the built-in ones, and days for which nobody can take a former one.
RESERVED_NICKNAMES = env.names("RESERVED_NICKNAMES")
NICKNAME_HOLD_DAYS = env.int("NICKNAME_HOLD_DAYS", default=90)
# Who may sign up: everybody, who is approved, who is invited, or nobody.
SIGNUPS = one_of(
    "SIGNUPS",
    env.str("SIGNUPS", default="open"),
    ("open", "approval", "invitation", "closed"),
)
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.signup_forms.ReasonForm"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.login_form.LoginForm",
    "signup": "accounts.sign_up.SignupForm",
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
# Ways in for who is kept out by somebody else's wrong passwords.
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
# The part of an IPv6 address that counts as one client: what a provider gives a home.
ALLAUTH_RATE_LIMIT_IPV6_PREFIX = 56
# Besides django-allauth's own limits on signing in, and in its notation.
ACCOUNT_RATE_LIMITS = {
    "signup": env.rates("SIGNUP_RATE", "20/m/ip,200/d/ip", ("ip",)),
    "follow": env.rates("FOLLOW_RATE", "30/m/user", ("user", "ip")),
    "account_already_exists": "1/d/key",
    "request_login_code": "20/m/ip,5/15m/key",
    "reset_password": "20/m/ip,5/15m/key",
    # Wrong keys in secret addresses of feeds; right ones are not counted.
    "feed_key": "30/m/ip",
    "post": env.rates("POST_RATE", "30/m/user", ("user", "ip")),
    "translate": env.rates("TRANSLATION_RATE", "30/m/user", ("user", "ip")),
    "reauthentication_code": "5/h/user",
    # Adding addresses and asking for another mail to confirm one: a mail each time.
    "manage_email": "10/m/user,20/d/user",
}
# Even where nothing else does, django-allauth's own flows ask for the password again.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Whether the staff need a second factor to open admin, rosetta and silk.
REQUIRE_STAFF_MFA = env.bool("REQUIRE_STAFF_MFA", default=False)
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
# Or an attacker could wait in an account made with somebody else's address.
SOCIALACCOUNT_EMAIL_VERIFICATION = "mandatory"
SOCIALACCOUNT_REQUESTS_TIMEOUT = 10
# A JSON list of {"id", "name", "server_url", "client_id", "secret"}, and "login_url"
# and "email_verified_strings".
OIDC_PROVIDERS: list[dict[str, Any]] = env.providers("OIDC_PROVIDERS")
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "provider_class": "accounts.providers.CheckedProvider",
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": provider["id"],
                "name": provider["name"],
                "client_id": provider["client_id"],
                "secret": provider["secret"],
                "settings": {
                    "server_url": provider["server_url"],
                    "email_verified_strings": provider.get("email_verified_strings"),
                },
            }
            for provider in OIDC_PROVIDERS
        ],
    }
}
# Avatars: Gravatar tells a third party who reads what, so it is off.
GRAVATAR = env.bool("GRAVATAR", default=False)

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
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
# For a web server that serves them itself; everything else is private.
FILE_UPLOAD_PERMISSIONS = 0o644
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o755
STATICFILES_DIRS = [BASE_DIR / "static"]

# Mail
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DELIVERY_EMAIL_BACKEND = vars()["EMAIL_BACKEND"].replace(
    "django.core.mail.backends.smtp", "core.smtp"
)
EMAIL_BACKEND = "core.mail.QueuedEmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="microblog@localhost")
SERVER_EMAIL = env.str("SERVER_EMAIL", default=DEFAULT_FROM_EMAIL)
EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "

# Tasks
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

# Search
environ.Env.SEARCH_SCHEMES.update(
    whoosh="search.whoosh_engine.Engine", xapian="search.xapian_engine.Engine"
)
SEARCH_URL = env.str("SEARCH_URL", default=f"whoosh://{DATA_DIR.absolute()}/whoosh")
HAYSTACK_CONNECTIONS: dict[str, dict[str, Any]] = {
    "default": {**env.search_url_config(SEARCH_URL), "SILENTLY_FAIL": False}
}
HAYSTACK_SIGNAL_PROCESSOR = "search.signals.TaskSignalProcessor"
HAYSTACK_LIMIT_TO_REGISTERED_MODELS = False
MAX_SEARCH_RESULTS = env.int("MAX_SEARCH_RESULTS", default=50, minimum=1)

# Posts
POSTS_PER_PAGE = env.int("POSTS_PER_PAGE", default=20, minimum=1)

# Translation: "azure", "libretranslate" or "deepl"; empty means not configured.
TRANSLATOR = env.str("TRANSLATOR", default="")
TRANSLATOR_URL = env.str("TRANSLATOR_URL", default="")
TRANSLATOR_KEY = env.str("TRANSLATOR_KEY", default="")
TRANSLATOR_REGION = env.str("TRANSLATOR_REGION", default="")
check_translator(TRANSLATOR, TRANSLATOR_URL)
TRANSLATOR_TIMEOUT = env.float("TRANSLATOR_TIMEOUT", default=5)

# Security
GRAVATAR_HOSTS = ["https://www.gravatar.com"] if GRAVATAR else []
# Browsers apply form-action to the redirect that leads to a provider, too.
PROVIDER_ORIGINS = [
    "{0.scheme}://{0.netloc}".format(urlsplit(provider.get(address, "")))
    for provider in OIDC_PROVIDERS
    for address in ("server_url", "login_url")
    if provider.get(address)
]
CSRF_FAILURE_VIEW = "accounts.views.csrf_failure"
# Secrets stay out of reports about errors.
DEFAULT_EXCEPTION_REPORTER = "core.redaction.Reporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "core.redaction.ReporterFilter"
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "EXCLUDE_URL_PREFIXES": [],
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", *GRAVATAR_HOSTS],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'", *PROVIDER_ORIGINS],
    },
}

# Profiling: how many of silk's profiles are kept.
SILK_MAX_PROFILES = 200

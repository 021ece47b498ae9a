"""The environment variables of the site: their defaults, and what they set.

The one place that says either. ``microblog.settings.environment`` reads a variable by
its default here; ``manage.py document_settings`` writes ``docs/settings.md`` and
``.env.example`` from it.
"""

from typing import NamedTuple


class Variable(NamedTuple):
    """An environment variable.

    ``default`` is as somebody would write it in ``.env``; ``shown`` is what the
    documentation says instead, where that is made from something else. Both it and
    ``description`` are Markdown.
    """

    name: str
    description: str
    default: str = ""
    shown: str = ""
    development: str = ""  # the default on a developer's machine, if another


PROCESS = "The process"
# In the order of base.py.
SECTIONS: dict[str, tuple[Variable, ...]] = {
    "Paths": (
        Variable(
            "ENV_FILE",
            "Where variables are read from that the environment does not set.",
            shown="`.env` beside `manage.py`",
        ),
        Variable(
            "DATA_DIR",
            "Folder of the database, the index, the cache and logs; for the account "
            "alone.",
            shown="`var/`",
        ),
        Variable(
            "STATIC_ROOT",
            "Folder of the collected static files; elsewhere if a web server serves "
            "them itself.",
            shown="`DATA_DIR/static`",
        ),
    ),
    "Core": (
        Variable(
            "SECRET_KEY",
            "50 or more random characters; production refuses fewer. Sessions and "
            "avatars depend on it: keep it.",
            shown="made by `make run`; required in production",
        ),
        Variable(
            "ALLOWED_HOSTS",
            "Host names of the site, separated by commas; `*` only with `SITE_URL`.",
            shown="required in production",
        ),
        Variable("SITE_NAME", "The name on every page and mail.", default="microblog"),
        Variable(
            "SITE_URL",
            "The address people use, with the sub-path if there is one; links in "
            "mails and feeds begin with it, whatever a request says.",
            default="http://localhost:8000",
            shown="`http://localhost:8000`; in production the first of `ALLOWED_HOSTS`",
        ),
        Variable(
            "ADMINS", "Mail addresses, separated by commas, that are told of errors."
        ),
    ),
    "Database": (
        Variable(
            "DATABASE_URL",
            "Such as `postgres://user:password@host/name` or "
            "`mysql://user:password@host/name` (create it as `utf8mb4`).",
            shown="SQLite in `DATA_DIR`",
        ),
        Variable(
            "DATABASE_LOCK_TIMEOUT",
            "Whole seconds that a request waits for a lock, or for a connection to the"
            ' server, before it is answered with "Nothing was saved, please try again"'
            " (503). A MariaDB that hangs: "
            "[deploying.md](deploying.md#a-database-that-hangs).",
            default="5",
        ),
        Variable(
            "CONN_MAX_AGE",
            "Seconds that a connection to the database is kept.",
            default="60",
        ),
        Variable(
            "DATABASE_QUERY_TIMEOUT",
            "Queries that take more seconds are logged with the line that asked.",
            default="0.5",
        ),
    ),
    "Cache": (
        Variable(
            "CACHE_URL",
            "A Redis, such as `rediscache://host:6379/0`, for copies of sessions.",
        ),
    ),
    "People": (
        Variable(
            "PUBLIC_READING",
            "Whether Explore, profiles, posts and feeds are shown without a login.",
            default="false",
        ),
        Variable(
            "RESERVED_NICKNAMES",
            "Nicknames that nobody can choose, separated by commas, besides the "
            "[built-in ones](accounts.md#nicknames).",
        ),
        Variable(
            "NICKNAME_HOLD_DAYS",
            "Days for which nobody else can take a nickname that somebody has given "
            "up.",
            default="90",
        ),
        Variable(
            "SIGNUPS",
            "Who may sign up: `open`, `approval`, `invitation` or `closed`: see "
            "[accounts](accounts.md).",
            default="open",
        ),
        Variable(
            "OIDC_PROVIDERS",
            "OpenID Connect providers as a JSON list: see [accounts](accounts.md).",
        ),
        Variable(
            "GRAVATAR",
            "Avatars by Gravatar instead of our own: tells a third party who reads "
            "what.",
            default="false",
        ),
        Variable(
            "SIGNUP_RATE",
            "How often people may sign up from one address of the network, in "
            "django-allauth's notation.",
            default="20/m/ip,200/d/ip",
        ),
        Variable(
            "FOLLOW_RATE",
            "How often one person may follow or unfollow, in django-allauth's "
            "notation.",
            default="30/m/user",
        ),
        Variable(
            "TRUSTED_PROXY_COUNT",
            "How many proxies stand in front and add to `X-Forwarded-For`; rate "
            "limits and logs need it.",
            default="0",
        ),
        Variable(
            "REQUIRE_STAFF_MFA",
            "Whether staff and superusers need a second factor to open admin, rosetta"
            " and silk: see [moderating](moderating.md).",
            default="false",
        ),
    ),
    "Mail": (
        Variable(
            "EMAIL_URL",
            "Such as `smtp+tls://user:password@host:587` or `smtp://localhost:25`.",
            shown="the terminal",
        ),
        Variable(
            "DEFAULT_FROM_EMAIL",
            "The sender of mails to people.",
            default="microblog@localhost",
        ),
        Variable(
            "SERVER_EMAIL",
            "The sender of mails to the administrators.",
            shown="`DEFAULT_FROM_EMAIL`",
        ),
    ),
    "Search": (
        Variable(
            "SEARCH_URL",
            "Such as `whoosh:///srv/index` (three slashes) or `xapian:///srv/index`: "
            "see [search](search.md).",
            shown="Whoosh in `DATA_DIR/whoosh`",
        ),
        Variable(
            "MAX_SEARCH_RESULTS", "The most posts that a search shows.", default="50"
        ),
    ),
    "Posts": (
        Variable("POSTS_PER_PAGE", "Posts on one page.", default="20"),
        Variable(
            "POST_RATE",
            "How often one person may post, in django-allauth's notation.",
            default="30/m/user",
        ),
    ),
    "Translation": (
        Variable(
            "TRANSLATOR",
            "`azure`, `libretranslate` or `deepl`: see [translation "
            "services](translation-services.md).",
        ),
        Variable(
            "TRANSLATOR_URL",
            "Address of the service; required for LibreTranslate.",
            shown="the service's own",
        ),
        Variable("TRANSLATOR_KEY", "Key of the service."),
        Variable("TRANSLATOR_REGION", "Region of an Azure resource."),
        Variable(
            "TRANSLATOR_TIMEOUT",
            "Seconds that a reader waits for the service.",
            default="5",
        ),
        Variable(
            "TRANSLATION_RATE",
            "How often one person may ask for a translation.",
            default="30/m/user",
        ),
    ),
    "Security": (
        Variable(
            "HTTPS",
            "In production: redirect to HTTPS, secure cookies, HSTS. `false` only in "
            "a closed network.",
            default="true",
        ),
        Variable(
            "HSTS_SECONDS", "How long browsers insist on HTTPS.", default="31536000"
        ),
        Variable(
            "HSTS_SUBDOMAINS", "Whether sub-domains insist on it, too.", default="false"
        ),
        Variable(
            "BEHIND_PROXY",
            "Whether a proxy of yours sets `X-Forwarded-Proto`.",
            default="false",
        ),
        Variable(
            "CSRF_TRUSTED_ORIGINS",
            "Further origins of forms, such as `https://other.example`.",
        ),
        Variable("SCRIPT_NAME", "The sub-path in production, such as `/microblog`."),
    ),
    "Logs": (
        Variable(
            "LOG_TO_STDOUT",
            "Log lines on standard output instead of files in `DATA_DIR/log`.",
            default="false",
        ),
    ),
    "Profiling": (
        Variable(
            "SILK_ENABLED",
            "Whether silk records requests; its pages are for superusers.",
            default="false",
            development="true",
        ),
        Variable(
            "SILK_SAMPLING_PERCENT",
            "How many of 100 requests silk records.",
            default="1",
            development="100",
        ),
    ),
    # Read from the environment only, before there are settings.
    PROCESS: (
        Variable(
            "DJANGO_SETTINGS_MODULE",
            "Which settings hold; set it for commands on a server.",
            shown="`microblog.settings.production` for gunicorn and mod_wsgi; see "
            "`manage.py` for commands",
        ),
        Variable(
            "HOST",
            "The address of the machine on which gunicorn listens.",
            default="0.0.0.0",  # noqa: S104  (behind a proxy or in a container)
        ),
        Variable("PORT", "The port on which it listens.", default="8000"),
        Variable(
            "RUN_ADDRESS",
            "Set by `make run`: what `SITE_URL` is in development where nothing else "
            "says it.",
        ),
        Variable("WEB_CONCURRENCY", "How many processes answer.", default="2"),
        Variable(
            "WEB_THREADS", "How many threads of each process answer.", default="2"
        ),
        Variable(
            "REQUEST_SECONDS",
            "Seconds after which a request that has not arrived whole is ended.",
            default="20",
        ),
    ),
}
VARIABLES = {
    variable.name: variable for section in SECTIONS.values() for variable in section
}

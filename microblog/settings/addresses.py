"""Variables that are addresses, read strictly; many have a password in them.

Each function raises ``ImproperlyConfigured`` with a sentence that names the variable
and never shows its value.
"""

import re
import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

Config = dict[str, Any]

# By scheme: addresses of servers, and of what lies on this machine.
DATABASES = ("postgres", "postgresql", "psql", "pgsql", "mysql")
MAIL_SERVERS = ("smtp", "smtps", "smtp+tls", "smtp+ssl")
MAIL_HERE = ("consolemail", "filemail", "memorymail", "dummymail")
REDIS = ("redis", "rediss", "rediscache")
SEARCH_HERE = ("whoosh", "xapian", "simple")
WITHOUT_PATH = ("sqlite", "consolemail", "memorymail", "dummymail", "simple")
SCRIPT_NAME = re.compile(r"(/[\w.~-]+)+", re.ASCII)


def database_config(url: str) -> Config:
    """Return Django's database settings for ``DATABASE_URL``."""

    def read(url: str) -> Config:
        config: Config = environ.Env.db_url_config(url)
        return config

    return _config(
        "DATABASE_URL",
        url,
        read,
        servers=DATABASES,
        here=("sqlite",),
        examples="postgres://user:password@host/name, mysql://user:password@host/name "
        "(for MariaDB, too) or sqlite:////srv/db.sqlite3",
    )


def email_config(url: str) -> Config:
    """Return Django's settings of the mail server at ``EMAIL_URL``."""
    return _config(
        "EMAIL_URL",
        url,
        environ.Env.email_url_config,
        servers=MAIL_SERVERS,
        here=MAIL_HERE,
        examples="smtp+tls://user:password@host:587 or smtp://localhost:25",
    )


def cache_config(url: str) -> Config:
    """Return Django's settings of the Redis at ``CACHE_URL``."""
    return _config(
        "CACHE_URL",
        url,
        environ.Env.cache_url_config,
        servers=REDIS,
        here=REDIS,
        examples="rediscache://:password@host:6379/0, which must be of a Redis",
    )


def search_config(url: str) -> Config:
    """Return haystack's settings of the index at ``SEARCH_URL``."""
    schemes = environ.Env.SEARCH_SCHEMES.keys() - SEARCH_HERE
    return _config(
        "SEARCH_URL",
        url,
        environ.Env.search_url_config,
        servers=(*schemes, *environ.Env.ELASTICSEARCH_FAMILY),
        here=SEARCH_HERE,
        examples="whoosh:///srv/index or xapian:///srv/index (three slashes)",
    )


def web_address(var: str, value: str) -> str:
    """Return an address of the web without the slash at its end."""
    if not is_web_address(value):
        message = (
            f"{var} is not an address. "
            "Set it to one such as https://microblog.example.com"
        )
        raise ImproperlyConfigured(message)
    return value.rstrip("/")


def is_web_address(value: object) -> bool:
    """Return whether it is one with a host, and without user, query or fragment."""
    if not isinstance(value, str) or re.search(r"[\s\\@?#]", value):
        return False
    try:
        parts = urlsplit(value)
        _check_hosts(parts)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def script_name(value: str) -> str | None:
    """Return the sub-path of the site, None without one."""
    if value and not SCRIPT_NAME.fullmatch(value):
        message = (
            f"SCRIPT_NAME is {value!r}. "
            "Set it to a path that begins with a slash, such as /microblog"
        )
        raise ImproperlyConfigured(message)
    return value or None


def _config(
    var: str,
    url: str,
    read: Callable[[str], Config],
    *,
    servers: tuple[str, ...],
    here: tuple[str, ...],
    examples: str,
) -> Config:
    """Return what ``read`` makes of an address whose scheme is one of these."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            if url != "sqlite://:memory:":
                _check(url, servers, here)
            return read(url)
    except (ValueError, LookupError, Warning, ImproperlyConfigured):
        message = (
            f"{var} is not understood. Set it to an address such as {examples}, and "
            "percent-encode characters such as # / ? % + in the password: # is %23, "
            "/ is %2F."
        )
        raise ImproperlyConfigured(message) from None


def _check(url: str, servers: tuple[str, ...], here: tuple[str, ...]) -> None:
    """Raise ``ValueError`` if a part is missing, or a password was cut in two."""
    parts = urlsplit(url)
    if parts.scheme not in servers + here or "://" not in url or parts.fragment:
        raise ValueError
    if parts.scheme in here and not parts.netloc:
        if not (parts.path or parts.scheme in WITHOUT_PATH):
            raise ValueError
        return
    if parts.scheme not in servers or "@" in parts.path + parts.query:
        raise ValueError
    if parts.scheme in DATABASES and not parts.path.strip("/"):
        raise ValueError
    _check_hosts(parts)
    if parts.scheme not in DATABASES and not parts.hostname:
        raise ValueError


def _check_hosts(parts: SplitResult) -> None:
    """Raise ``ValueError`` for a port that is none; several hosts stand with commas."""
    for host in parts.netloc.rpartition("@")[2].split(","):
        if host.endswith(":") or re.search(r"\s", host):
            raise ValueError
        _ = urlsplit(f"//{host}").port

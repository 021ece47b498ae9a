"""Values that Django would take, and with which links, mails or forms would fail."""

import os
import re
from collections.abc import Iterable
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

# As Django compares them: without a scheme, a port or a path; .example.com is for all
# sub-domains, too.
HOST = re.compile(r"\*|\.?[\w-]+(\.[\w-]+)*|\[[\da-f:.]+\]", re.ASCII | re.IGNORECASE)
ORIGIN = re.compile(r"https?://[^/?#@\s]+")
MAIL_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


def env_file(named: str, usual: Path) -> Path:
    """Return the file of variables: the one that is ``named``, or the ``usual`` one.

    Raises ``ImproperlyConfigured`` for one that cannot be read, which would leave
    every variable at its default. The usual one may be missing.
    """
    file = Path(named or usual)
    if named and not file.exists():
        raise _refusal("ENV_FILE", named, "a file that exists")
    # Without opening it: a pipe can be read once only.
    if file.exists() and (file.is_dir() or not os.access(file, os.R_OK)):
        raise _refusal("ENV_FILE", str(file), "a file that this account can read")
    return file


def check_hosts(names: Iterable[str]) -> None:
    """Raise ``ImproperlyConfigured`` for what is no name of a host.

    It would never be the host of a request.
    """
    example = "names such as microblog.example.com, without https://, port or path"
    _check("ALLOWED_HOSTS", names, HOST, example)


def check_origins(origins: Iterable[str]) -> None:
    """Raise ``ImproperlyConfigured`` for what is no origin, as browsers send it."""
    example = "origins such as https://other.example, without a path"
    _check("CSRF_TRUSTED_ORIGINS", origins, ORIGIN, example)


def mail_addresses(addresses: list[str]) -> list[str]:
    """Return the ``ADMINS``.

    Raises ``ImproperlyConfigured`` for what is no mail address, such as one with a
    name: no mail about errors would reach it.
    """
    example = "mail addresses such as me@example.com, without names"
    _check("ADMINS", addresses, MAIL_ADDRESS, example)
    return addresses


def sender(var: str, value: str) -> str:
    """Return a sender; raise ``ImproperlyConfigured`` without a mail address in it."""
    if not MAIL_ADDRESS.fullmatch(parseaddr(value)[1]):
        example = "an address such as site@example.com or Site <site@example.com>"
        raise _refusal(var, value, example)
    return value


def check_sub_path(site_url: str, prefix: str) -> None:
    """Raise ``ImproperlyConfigured`` where ``SITE_URL`` leaves the sub-path out.

    Without ``prefix`` the web server may say what the sub-path is.
    """
    if prefix and urlsplit(site_url).path.rstrip("/") != prefix.rstrip("/"):
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(site_url))
        example = f"{origin}{prefix}, as SCRIPT_NAME is {prefix}"
        raise _refusal("SITE_URL", site_url, example)


def _check(
    var: str, values: Iterable[str], pattern: re.Pattern[str], example: str
) -> None:
    for value in values:
        if not pattern.fullmatch(value):
            raise _refusal(var, value, f"{example}; commas stand between them")


def _refusal(var: str, value: str, allowed: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{var} has {value!r}. Set it to {allowed}.")

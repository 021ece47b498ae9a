"""Removes secrets from log lines, error mails and Django's debug page.

Two rules work together: the secrets in the settings are replaced wherever they occur,
in the encodings of URLs, HTML, JSON and ``repr``; and what looks like a secret
(passwords in URLs, cookies, keys in links) is replaced by pattern.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from django.conf import settings
from django.core.signals import setting_changed
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

if TYPE_CHECKING:
    from django.http import HttpRequest

STARS = "********"
# A shorter value would be replaced within ordinary words, too.
SHORTEST_SECRET = 4
_NAME = re.compile(
    r"(^|_)(secret|(secret_|api_|private_)?key|key_fallbacks|pass|password|passwd|pwd"
    r"|(access_|id_|auth_)?token|credentials|dsn)$",
    re.IGNORECASE,
)
_PATTERNS = (
    # A password in the address of a server: scheme://user:password@host
    (re.compile(r"(\w://[^\s/:@]*:)[^\s@/]+@"), rf"\1{STARS}@"),
    # A pair of a query, a form, a cookie or a connection string.
    (
        re.compile(
            r"\b(sessionid|csrftoken|csrfmiddlewaretoken|(?:old)?password[12]?|passwd"
            r"|\w*token|\w*secret|api_?key|key|code|state|nonce)"
            r"(=|['\"]\s*:\s*['\"])[^\s&;,'\"]+",
            re.IGNORECASE,
        ),
        rf"\1\2{STARS}",
    ),
    # A header, as it is sent or within a dictionary.
    (
        re.compile(
            r"\b((?:http_)?(?:authorization|cookie|x_api_key|x-api-key)"
            r"['\"]?\s*[:=]\s*)[^\r\n]+",
            re.IGNORECASE,
        ),
        rf"\1{STARS}",
    ),
    # Links that work once, or that are secret.
    (
        re.compile(
            r"(/(?:reset/key|confirm-email|invitation|address|feed)/)[^\s/?'\"]+"
        ),
        rf"\1{STARS}",
    ),
)
# The part of a request's environment that the debug page shows; some servers put all
# variables of the process into it.
_SHOWN_META = re.compile(
    r"REQUEST_METHOD|PATH_INFO|SCRIPT_NAME|QUERY_STRING|CONTENT_(TYPE|LENGTH)"
    r"|REMOTE_ADDR|SERVER_(NAME|PORT|PROTOCOL)|wsgi\.\w+"
    r"|HTTP_(HOST|USER_AGENT|REFERER|ORIGIN|ACCEPT\w*|CONNECTION|CACHE_CONTROL"
    r"|HX_\w+|SEC_\w+|X_FORWARDED_\w+)"
)


def redact(text: str) -> str:
    """Return ``text`` with stars in place of every secret."""
    # While the settings are being loaded nothing is known; do not cache that.
    if settings.configured and (known := _known_secrets()) is not None:
        text = known.sub(STARS, text)
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text


@cache
def _known_secrets() -> re.Pattern[str] | None:
    """Return a pattern of the settings' secrets in all encodings; None without any."""
    names = (name for name in dir(settings) if name.isupper())
    found = {
        spelling
        for name in names
        for secret in _secrets_in(name, getattr(settings, name, None))
        if len(secret) >= SHORTEST_SECRET
        for spelling in _spellings(secret)
    }
    # The longest first: one secret may be a prefix of another.
    ordered = sorted(found, key=lambda spelling: (-len(spelling), spelling))
    return re.compile("|".join(map(re.escape, ordered))) if ordered else None


def _secrets_in(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _secrets_in(str(key), inner)
    elif isinstance(value, list | tuple | set | frozenset):
        for inner in value:
            yield from _secrets_in(name, inner)
    elif isinstance(value, str) and _NAME.search(name):
        yield value
    elif isinstance(value, str) and "://" in value:
        yield from _secrets_in_url(value)


def _secrets_in_url(value: str) -> Iterator[str]:
    try:
        parts = urlsplit(value)
        if parts.password:
            yield parts.password
            yield unquote(parts.password)
        for key, inner in parse_qsl(parts.query):
            if _NAME.search(key):
                yield inner
    except ValueError:
        # A URL that cannot be parsed: none of it is shown.
        yield value


def _spellings(secret: str) -> set[str]:
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        quote_plus(secret),
        html.escape(secret),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        # ``repr`` of a text with this secret and an apostrophe.
        secret.replace("\\", "\\\\"),
    }


def _forget(**kwargs: Any) -> None:
    _known_secrets.cache_clear()


setting_changed.connect(_forget, dispatch_uid="core.redaction")


class ReporterFilter(SafeExceptionReporterFilter):
    """Hides secrets in Django's reports about settings and requests."""

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        """Return a setting without its secrets, at any depth."""
        cleansed = super().cleanse_setting(key, value)
        return redact(cleansed) if isinstance(cleansed, str) else cleansed

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        """Return a few useful headers and variables; none of the process."""
        meta = super().get_safe_request_meta(request)
        return {name: meta[name] for name in meta if _SHOWN_META.fullmatch(name)}

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, str]:
        """Return the cookies' names only."""
        return dict.fromkeys(getattr(request, "COOKIES", {}), STARS)

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, str]:
        """Return the names of the form's fields, without their values."""
        return dict.fromkeys(request.POST, STARS) if request is not None else {}


class Reporter(ExceptionReporter):
    """Django's error report without secrets in messages and variables."""

    def get_traceback_data(self) -> dict[str, Any]:
        """Return the context; of the query string only the names."""
        data: dict[str, Any] = super().get_traceback_data()
        if self.request is not None:
            data["request_GET_items"] = [(name, STARS) for name in self.request.GET]
        return data

    def get_traceback_html(self) -> SafeString:
        return SafeString(redact(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        return SafeString(redact(super().get_traceback_text()))

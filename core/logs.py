"""Logging: lines with the request, limited in length and number, without secrets."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest, UnreadablePostError
from django.http.response import HttpResponseBase

from core.django_internals import looked_up_user_id
from core.redaction import redact

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)

PATH_LENGTH = 300
MESSAGE_LENGTH = 4_000
TRACEBACK_LENGTH = 20_000
MAX_REFUSALS_PER_MINUTE = 20
LOCALHOST = "127.0.0.1"
# Answers that tell of another server or of load: their views have logged the cause.
TEMPORARY = (502, 503, 504)


def client_ip(request: HttpRequest) -> str:
    """Return the client's IP address, behind ``TRUSTED_PROXY_COUNT`` proxies.

    Each trusted proxy has added one address at the end of ``X-Forwarded-For``; when
    fewer have, as for a check of the server on itself, it is ``peer_address``.
    """
    count: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    added = request.headers.get("X-Forwarded-For", "").split(",")
    forwarded = [address.strip() for address in added if address.strip()]
    if count and len(forwarded) >= count:
        return forwarded[-count]
    return peer_address(request)


def peer_address(request: HttpRequest) -> str:
    """Return who connected to this server; it has no address on a Unix socket."""
    return str(request.META.get("REMOTE_ADDR") or LOCALHOST)


def one_line(text: str) -> str:
    """Return ``text`` with everything that is not printable written as ``\\x0a``."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def shorten(text: str, length: int) -> str:
    """Return ``text``, without its middle when it is longer than ``length``."""
    if len(text) <= length:
        return text
    half = length // 2
    return f"{text[:half]} … ({len(text) - 2 * half} characters) … {text[-half:]}"


class RequestContextMiddleware:
    """Make the request available to the log lines written while it is handled."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


class RequestFilter(logging.Filter):
    """Adds ``request_line`` to each record: method, path, client and user id.

    No query: a user that has not been loaded is ``-``.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        # Django logs some responses after the middleware, with the request as
        # attribute.
        request = _request.get() or getattr(record, "request", None)
        if not isinstance(request, HttpRequest):
            record.request_line = "-"
            return True
        user = looked_up_user_id(request) or "-"
        path = shorten(request.path, PATH_LENGTH)
        client = shorten(client_ip(request), PATH_LENGTH)
        line = f"{shorten(str(request.method), 20)} {path} {client} user={user}"
        record.request_line = one_line(line)
        return True


class CauseFilter(logging.Filter):
    """Turns errors caused by clients or other servers into warnings, and limits them.

    Django reports a bad ``Host``, too many fields and the like as errors (its loggers
    below ``django.security``), and every response from 500 up. The handlers for errors
    come after this filter and take only what is still an error.
    """

    def __init__(self, name: str = "", *, errors_only: bool = False) -> None:
        """Drop everything below ERROR if ``errors_only``."""
        super().__init__(name)
        self.errors_only = errors_only
        self._lock = threading.Lock()
        self._minute = 0
        self._count = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Lower the level of errors of others; return whether to keep the record."""
        if _is_foreign(record) and record.levelno > logging.WARNING:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
        if self.errors_only:
            return record.levelno >= logging.ERROR
        return not _is_refusal(record) or self._within_bounds()

    def _within_bounds(self) -> bool:
        with self._lock:
            minute = int(time.monotonic() // 60)
            if minute != self._minute:
                self._minute, self._count = minute, 0
            self._count += 1
            return self._count <= MAX_REFUSALS_PER_MINUTE


def _is_refusal(record: logging.LogRecord) -> bool:
    return record.name.startswith("django.security")


def _is_foreign(record: logging.LogRecord) -> bool:
    if record.exc_info and isinstance(record.exc_info[1], UnreadablePostError):
        return True  # the client disconnected while sending
    answered = getattr(record, "status_code", None) in TEMPORARY
    return _is_refusal(record) or (
        record.name == "django.request" and answered and not record.exc_info
    )


class LineFormatter(logging.Formatter):
    """One line for each record, and an indented traceback: limited, without secrets."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the line; text from a request cannot begin another one."""
        said = record.message
        record.message = one_line(shorten(said, MESSAGE_LENGTH))
        try:
            return super().formatMessage(record)
        finally:
            record.message = said

    def format(self, record: logging.LogRecord) -> str:
        """Return line and traceback."""
        # Other formatters may have cached theirs, which is not indented.
        record.exc_text = None
        try:
            return redact(super().format(record))
        finally:
            record.exc_text = None

    def formatException(self, ei: object) -> str:  # noqa: N802
        """Return the traceback, each line indented: none looks like a log line."""
        text = shorten(super().formatException(ei), TRACEBACK_LENGTH)  # type: ignore[arg-type]
        lines = text.replace("\r", "\\x0d").split("\n")
        return "\n".join(f"    {one_line(line)}" for line in lines)

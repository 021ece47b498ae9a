"""Log lines that carry the request (row E4), and mails about errors in bounds (E2)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.log import AdminEmailHandler

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


def client_address(request: HttpRequest) -> str:
    """Return where the request came from, behind as many proxies as are trusted.

    Each trusted proxy has added one address at the end of ``X-Forwarded-For``.
    """
    count: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    if count and len(forwarded) >= count:
        return forwarded[-count].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


class RequestContext:
    """Middleware that makes the request known to the log lines written in it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep what answers the request."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the request at hand."""
        token = _request.set(request)
        try:
            return self.get_response(request)
        finally:
            _request.reset(token)


class RequestFilter(logging.Filter):
    """Gives each record ``request_line``: method, path, client and user id.

    Asks the database nothing: a person whom nobody looked up is ``-``.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Fill in the record; never drop it."""
        # Django logs some answers after the middleware, with the request at hand.
        request = _request.get() or getattr(record, "request", None)
        if not isinstance(request, HttpRequest):
            record.request_line = "-"
            return True
        user = getattr(getattr(request, "_cached_user", None), "pk", None) or "-"
        line = f"{request.method} {request.path} {client_address(request)} user={user}"
        record.request_line = _one_line(line)
        return True


class CalmAdminEmailHandler(AdminEmailHandler):
    """Mails errors to the administrators, the same one at most every ten minutes."""

    pause = 600  # seconds

    def __init__(self, *, email_backend: str) -> None:
        """Start with nothing sent."""
        super().__init__(email_backend=email_backend)
        self._sent: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Send, unless the same was sent a moment ago or the mail server fails."""
        error = record.exc_info[0] if record.exc_info else None
        key = f"{error} {record.pathname} {record.lineno} {record.msg}"
        now = time.monotonic()
        if now - self._sent.get(key, -self.pause) < self.pause:
            return
        self._sent = {k: t for k, t in self._sent.items() if now - t < self.pause}
        self._sent[key] = now
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)

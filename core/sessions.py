"""Sessions that a reading request can do without storing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.sessions import middleware
from django.contrib.sessions.backends.base import SessionBase, UpdateError

from core.availability import is_unavailable, optional_write
from core.transactions import SAFE_METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    Base = SessionBase
else:
    Base = object


class OptionalWrites(Base):
    """For a session store: while ``reading``, a write that cannot be is left out."""

    reading = False

    def save(self, must_create: bool = False) -> None:
        """Store the session."""
        if not self.reading:
            super().save(must_create)
            return
        try:
            with optional_write():
                super().save(must_create)
        except UpdateError as error:  # what Django makes of any error of an update
            if not is_unavailable(error.__context__):
                raise

    def delete(self, session_key: str | None = None) -> None:
        """Delete the session."""
        if not self.reading:
            super().delete(session_key)
            return
        with optional_write():
            super().delete(session_key)


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's, whose sessions never fail a page that is only read."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Give the store of ``SESSION_ENGINE`` optional writes."""
        super().__init__(get_response)
        bases: tuple[Any, ...] = (OptionalWrites, self.SessionStore)
        self.SessionStore = type("SessionStore", bases, {})

    def process_request(self, request: HttpRequest) -> None:
        """Open the session, for reading if the request only reads."""
        super().process_request(request)
        request.session.reading = request.method in SAFE_METHODS  # type: ignore[attr-defined]

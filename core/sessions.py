"""Sessions whose writes are optional in reading requests."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from django.conf import settings
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


# Keys that a GET stores for the next request: a login, a step of one, an invitation.
# Their writes wait like every other write.
NEEDED_LATER = ("_auth_user_", "account_login", "invitation", "socialaccount_")

# Other keys were never issued; PostgreSQL refuses to search for some, such as NUL.
KEY = re.compile(r"[a-z0-9]{8,40}")


class OptionalWritesMixin(Base):
    """A mixin for session stores: while ``reading``, a write that fails is skipped.

    Except for what the next request needs (``NEEDED_LATER``).
    """

    reading = False
    _opened: tuple[str | None, dict[str, Any]] | None = None

    def load(self) -> dict[str, Any]:
        """Return the content, and remember it to detect changes."""
        content: dict[str, Any] = super().load()
        self._opened = (self.session_key, deepcopy(content))
        return content

    def save(self, must_create: bool = False) -> None:
        """Store the session; raise the database's own error if it fails."""
        try:
            if self.reading and self._can_wait():
                with optional_write():
                    super().save(must_create)
            else:
                super().save(must_create)
        except UpdateError as error:  # Django's exception for a failed update
            cause = error.__context__
            if not is_unavailable(cause):
                raise
            if not (self.reading and self._can_wait()):
                raise cause from None  # type: ignore[misc]

    def _can_wait(self) -> bool:
        if self._opened is None or self._opened[0] != self.session_key:
            return False
        before, now = self._opened[1], dict(self.items())
        changed = (k for k in before | now if before.get(k) != now.get(k))
        return not any(key.startswith(NEEDED_LATER) for key in changed)

    def delete(self, session_key: str | None = None) -> None:
        if not self.reading:
            super().delete(session_key)
            return
        with optional_write():
            super().delete(session_key)


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's middleware with sessions that never fail a page that only reads."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Add optional writes to the store of ``SESSION_ENGINE``."""
        super().__init__(get_response)
        bases: tuple[Any, ...] = (OptionalWritesMixin, self.SessionStore)
        self.SessionStore = type("SessionStore", bases, {})

    def process_request(self, request: HttpRequest) -> None:
        """Open the session, with optional writes if the request only reads."""
        if not KEY.fullmatch(request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")):
            request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        super().process_request(request)
        request.session.reading = request.method in SAFE_METHODS  # type: ignore[attr-defined]

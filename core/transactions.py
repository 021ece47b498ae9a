"""A failed request leaves the database as it was (row E1)."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class AtomicWrites:
    """Run the views of requests that may change something in one transaction.

    Not those of reading requests, because SQLite would take its one write lock for
    them; nor those named in ``NON_ATOMIC_VIEWS`` or marked by Django's
    ``non_atomic_requests``, which hash a password or wait for another server. The
    last middleware, so that the transaction holds the view and nothing else.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep what answers the request."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; keep what the view wrote, unless it failed."""
        response = self.get_response(request)
        atomic: transaction.Atomic | None = getattr(request, "atomic_write", None)
        if atomic is not None:
            raised = getattr(request, "view_raised", False)
            worst = HTTPStatus.BAD_REQUEST if raised else 500
            if response.status_code >= worst:
                transaction.set_rollback(True)
            atomic.__exit__(None, None, None)
        return response

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        """Begin the transaction, if this view has one."""
        match = request.resolver_match
        if (
            request.method in SAFE_METHODS
            or getattr(view, "_non_atomic_requests", None)
            or (match and match.view_name in settings.NON_ATOMIC_VIEWS)
        ):
            return
        atomic = transaction.atomic()
        atomic.__enter__()
        request.atomic_write = atomic  # type: ignore[attr-defined]

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Remember that the view raised; another middleware may make it an answer."""
        request.view_raised = True  # type: ignore[attr-defined]

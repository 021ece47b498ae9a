"""One transaction for each writing request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any, TypeVar

from allauth.core.exceptions import ImmediateHttpResponse
from django.db import connection, transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from core.databases.late_begin import LateAtomic
from core.django_internals import is_non_atomic

Row = TypeVar("Row")
View = TypeVar("View", bound=Callable[..., Any])
KEYS_PER_STATEMENT = 500
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class AtomicWritesMiddleware:
    """Run the views of writing requests in one transaction.

    It begins in the database with the first write, so that nobody waits for a lock
    while a password is hashed, and what is counted before (``core.rate_limits``)
    stays counted if the request fails. Reading requests have none, nor have views
    ``with_own_transactions`` or marked by Django's ``non_atomic_requests``, such as one
    of silk's. Must be the last middleware, so that the transaction covers the view and
    nothing else.

    ``ATOMIC_REQUESTS`` would begin one for reading requests, too, and keep what a view
    has written that returns a status from 500 up or whose template fails: Django has no
    place where a view's ``atomic`` block sees the request or response.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response; roll back if the view failed."""
        if request.method in SAFE_METHODS or _has_own_transactions(request):
            return self.get_response(request)
        with LateAtomic():
            response = self.get_response(request)
            if _failed(request, response):
                transaction.set_rollback(True)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Remember the view's exception, which another middleware may handle."""
        request.view_raised = exception  # type: ignore[attr-defined]


def with_own_transactions(view: View) -> View:
    """Mark a view that begins its transactions itself.

    Such as one that others wait for while it asks another server.
    """
    view.own_transactions = True  # type: ignore[attr-defined]
    return view


def _has_own_transactions(request: HttpRequest) -> bool:
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return getattr(view, "own_transactions", False) or is_non_atomic(view)


def _failed(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Return whether the view failed.

    ``ImmediateHttpResponse`` is how allauth returns a response; with a status below 400
    it is no failure.
    """
    raised: Exception | None = getattr(request, "view_raised", None)
    if raised is None:
        return response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    answered = isinstance(raised, ImmediateHttpResponse)
    return not answered or response.status_code >= HTTPStatus.BAD_REQUEST


def batched_keys(keys: Iterable[int]) -> Iterator[list[int]]:
    """Yield the sorted keys in batches that fit into one statement."""
    rest = sorted(keys)
    for start in range(0, len(rest), KEYS_PER_STATEMENT):
        yield rest[start : start + KEYS_PER_STATEMENT]


def lock_rows(
    rows: QuerySet[Any, Row], keys: Iterable[int], *, deleting: bool = False
) -> list[Row]:
    """Lock rows until the transaction ends, in the order of their keys; return them.

    It must be the first statement of a transaction that changes several rows, or that
    adds rows which refer to a row and then changes that row: otherwise two of them
    deadlock. On MariaDB even adding one row that refers to another takes a shared lock
    on it, which concurrent writers cannot upgrade. On PostgreSQL others can still add
    rows that refer to these, unless they are to be deleted. SQLite has one lock for
    all, which a writing transaction holds from its beginning.
    """
    no_key = connection.features.has_select_for_no_key_update and not deleting
    rows = rows.select_for_update(no_key=no_key).order_by("pk")
    return [row for some in batched_keys(keys) for row in rows.filter(pk__in=some)]

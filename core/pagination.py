"""Cursor pagination: ``?before=ID`` and ``?after=ID`` instead of page numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404

from core.ids import MAX_ID, latest_id

if TYPE_CHECKING:
    from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Cursor:
    """A page's position: below ``before``, above ``after``, or at the newest end."""

    before: int | None = None
    after: int | None = None


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows, newest first, and the cursors of the neighbouring pages, if any."""

    rows: list[Row]
    newer: int | None
    older: int | None

    @classmethod
    def from_rows(cls, nearest: list[Row], cursor: Cursor, size: int) -> Page[Row]:
        """Return the page for up to ``size`` + 1 rows, nearest to the cursor first.

        The extra row only shows that there are more.
        """
        more = len(nearest) > size
        rows = nearest[:size]
        if cursor.after is not None:
            rows = rows[::-1]
        if not rows:
            return cls([], None, None)
        newest, oldest = rows[0].pk, rows[-1].pk
        if cursor.after is not None:
            return cls(rows, newest if more else None, oldest)
        came_from_newer = cursor.before is not None
        return cls(rows, newest if came_from_newer else None, oldest if more else None)


def read_cursor(request: HttpRequest) -> Cursor:
    """Return the cursor in the query string; raise ``Http404`` if it is invalid."""
    return Cursor(*(_read_id(request.GET.get(name)) for name in ("before", "after")))


def _read_id(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(MAX_ID)):
        raise Http404
    return min(int(text), MAX_ID)


def after_cursor(queryset: QuerySet[Row], cursor: Cursor) -> QuerySet[Row]:
    """Return the rows beyond the cursor, nearest first."""
    if cursor.after is not None:
        return queryset.filter(pk__gt=cursor.after).order_by("pk")
    return queryset.filter(pk__lt=start_of(cursor)).order_by("-pk")


def start_of(cursor: Cursor) -> int:
    """Return the id beyond which the page begins.

    The newest end is now: rows with a later id, from a clock that was set back since,
    are left out until then.
    """
    if cursor.after is not None:
        return cursor.after
    return latest_id() if cursor.before is None else cursor.before


def paginate(queryset: QuerySet[Row], cursor: Cursor, size: int) -> Page[Row]:
    """Return one page of a queryset, ordered by its primary key; one query."""
    return Page.from_rows(
        list(after_cursor(queryset, cursor)[: size + 1]), cursor, size
    )

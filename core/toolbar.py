"""The debug toolbar next to silk, without each other's queries."""

from __future__ import annotations

from typing import Any

from debug_toolbar.middleware import show_toolbar
from debug_toolbar.panels import sql
from django.http import HttpRequest


class SQLPanel(sql.SQLPanel):
    """The toolbar's panel without silk's queries and its EXPLAIN of each query.

    It has the original's name, by which its buttons find it.
    """

    def record(self, **kwargs: Any) -> None:
        """Record the query unless it is silk's."""
        query = kwargs["raw_sql"]
        if not query.startswith("EXPLAIN") and "silk_" not in query:
            super().record(**kwargs)  # type: ignore[no-untyped-call]


def show_on_pages(request: HttpRequest) -> bool:
    """Return whether to show the toolbar: as by default, but not on silk's pages."""
    return bool(show_toolbar(request)) and not request.path_info.startswith("/silk/")

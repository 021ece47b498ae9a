"""The results page."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.text import clean_text, is_invisible, replace_forbidden
from search.query import LONGEST_SHOWN, QueryError, parse

logger = logging.getLogger(__name__)


@require_safe
def results(request: HttpRequest) -> HttpResponse:
    """Show the results of ``q``; an empty query goes home.

    Invalid queries are explained; failures of the engine, too, with status 503.
    """
    text = request.GET.get("q", "")[:LONGEST_SHOWN]
    if is_invisible(text):
        return redirect("timelines:home")
    context: dict[str, Any] = {"search_text": replace_forbidden(text.strip())}
    status = 200
    try:
        context |= _find(text)
    except QueryError as error:
        context["problem"] = str(error)
    except Exception:
        logger.exception("The search index cannot be read.")
        context["problem"] = _(
            "Search does not work at the moment. Please try again in a few minutes."
        )
        status = 503
    return render(request, "search/results.html", context, status=status)


def _find(text: str) -> dict[str, Any]:
    from search.results import find_posts, find_users  # noqa: PLC0415  (the engine)

    try:
        query = parse(clean_text(text))
    except ValidationError as error:
        raise QueryError(error.messages[0]) from error
    return {"users": find_users(query), "posts": find_posts(query)}

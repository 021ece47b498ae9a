"""Error pages in the site's layout and the reader's language."""

from __future__ import annotations

import logging
import sys
from http import HTTPStatus

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from core.availability import cannot_be_read, is_unavailable
from core.django_internals import leave_out_of_log
from core.htmx import wants_part
from core.links import nearest_page, referring_page
from core.log_throttling import warn_throttled
from core.static_files import StaticFilesNotCollectedError
from core.transactions import SAFE_METHODS

logger = logging.getLogger(__name__)

TEXTS: dict[int, tuple[Promise | str, Promise | str]] = {
    400: (
        gettext_lazy("This request cannot be understood"),
        gettext_lazy("Your browser sent something unexpected. Please go back."),
    ),
    403: (
        gettext_lazy("You may not do this"),
        gettext_lazy("This page is not for your account."),
    ),
    404: (
        gettext_lazy("File not found"),
        gettext_lazy("There is nothing at this address. It may have been deleted."),
    ),
    405: (
        gettext_lazy("This cannot be done this way"),
        gettext_lazy("Please go back and use the button of the page."),
    ),
    413: (
        gettext_lazy("This is too large"),
        gettext_lazy("What you sent is too large. Please send less."),
    ),
    429: (
        gettext_lazy("That was a lot at once"),
        gettext_lazy("Please wait a minute, then try again."),
    ),
    503: (
        gettext_lazy("This does not work at the moment"),
        gettext_lazy("Please try again in a minute."),
    ),
}
NOTHING_SAVED = gettext_lazy(
    "Nothing was saved, because the site cannot store anything at the moment. Please "
    "try again in a minute."
)
SERVER_ERROR = gettext_lazy("An unexpected error has occurred")
RETRY_AFTER = 30  # seconds
# Texts that somebody may have worked on, and what belongs to them in their forms.
TYPED = ("body", "about_me", "reason")
WITH_TYPED = ("email", "language", "submission", "username", "next", "owner")
# Answers to a button that is still there to be pressed again.
WITH_WAY_BACK = frozenset({403, 413, 429, 503})


def page(
    request: HttpRequest, status: int, text: str = "", back: str = "", title: str = ""
) -> HttpResponse:
    """Return the page of a status; a fragment for htmx, which puts it into a page.

    ``title`` and ``text`` stand instead of the usual ones; ``back`` is the path of the
    page that its button leads to, instead of the page of the form or the home page.
    """
    usual_title, usual_text = TEXTS[status]
    context: dict[str, object] = {
        "status": status,
        "title": title or usual_title,
        "text": text or usual_text,
        "back": back or _page_of_form(request, status),
    }
    if wants_part(request):
        return _fragment(context, status)
    return render(request, "errors/page.html", context, status=status)


def _page_of_form(request: HttpRequest, status: int) -> str:
    """Return the page with the form that was sent; '' if there is none."""
    sent = request.method not in SAFE_METHODS
    return referring_page(request) if sent and status in WITH_WAY_BACK else ""


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 400, or 413 if the request is too large."""
    return page(request, 413 if isinstance(exception, RequestDataTooBig) else 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Return 404, with the message of the view that raised ``Http404``."""
    said = exception.args[0] if exception.args else ""
    own = isinstance(exception, Http404) and isinstance(said, str)
    return page(request, 404, said if own else "")


def too_many_requests(request: HttpRequest) -> HttpResponse:
    return page(request, 429)


def server_error(request: HttpRequest) -> HttpResponse:
    """Return 500 without using database or session.

    Returns 503 if the database or the disk failed, and says what to do if no page can
    be drawn because static files were not collected.
    """
    error = sys.exc_info()[1]
    try:
        if is_unavailable(error):
            return unavailable(request, error)
        if wants_part(request):
            context: dict[str, object] = {"text": SERVER_ERROR}
            return _fragment(context, 500)
        return render(None, "errors/500.html", status=500)
    except StaticFilesNotCollectedError as missing:
        warn_throttled(logger, "No page can be drawn: %s", missing)
        return render(None, "errors/not_collected.html", status=500)


def unavailable(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """Return 503 with the submitted text if the database cannot be used.

    This is not an application error, so nothing is mailed: it is logged, with a limit,
    and shown by ``/readyz``.
    """
    warn_throttled(logger, "Answered 503: %s", error)
    reading = request.method in SAFE_METHODS
    title, usual = TEXTS[503]
    context: dict[str, object] = {
        "status": 503,
        "title": title,
        "text": usual if reading else NOTHING_SAVED,
        "back": _page_of_form(request, 503),
        **({} if reading else _form_again(request)),
    }
    response = _unavailable_page(request, error, context)
    response["Retry-After"] = str(RETRY_AFTER)
    # Otherwise Django logs it as an error, which is mailed.
    leave_out_of_log(response)
    return response


def _unavailable_page(
    request: HttpRequest, error: BaseException | None, context: dict[str, object]
) -> HttpResponse:
    """Return a fragment for htmx, a page, or a page that needs no query."""
    if wants_part(request):
        return _fragment(context, 503)
    if not cannot_be_read(error):
        try:
            return render(request, "errors/page.html", context, status=503)
        except DatabaseError:
            pass
    context["request"] = request
    context["csrf_token"] = get_token(request)
    return render(None, "errors/unavailable.html", context, status=503)


def _form_again(request: HttpRequest) -> dict[str, dict[str, str]]:
    """Return what the page needs to send a form again, if that is worth it.

    Not the admin's: a part of its fields would clear the others. Nor passwords: the
    form of a sign-up comes back with its other fields.
    """
    typed, others = _posted(request, TYPED), _posted(request, WITH_TYPED)
    whole = typed or {"email", "username"} <= others.keys()
    if not whole or request.path.startswith(reverse("admin:index")):
        return {}
    return {"typed": typed, "with_typed": others}


def _fragment(context: dict[str, object], status: int) -> HttpResponse:
    """Return the text alone; htmx adds it to what it was to replace."""
    response = render(None, "errors/_fragment.html", context, status=status)
    response["HX-Reswap"] = "beforeend"
    return response


def _posted(request: HttpRequest, names: tuple[str, ...]) -> dict[str, str]:
    return {name: text for name in names if (text := request.POST.get(name))}


def _page_above(request: HttpRequest) -> str:
    """Return the path of the page with the action's button, '' if not known."""
    path = nearest_page(request.path)
    asked_for = request.method in SAFE_METHODS and path == request.path
    return "" if asked_for else path


def _has_large_body(request: HttpRequest) -> bool:
    """Return whether the body is longer than Django reads, by what its header says."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return False
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return bool(length > (limit or length))


class ErrorPagesMiddleware(MiddlewareMixin):
    """Add a page to responses that have none (405, 429)."""

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        """Refuse a NUL: no address of ours has one, and PostgreSQL cannot look for it.

        And a body that is too large, before anything reads it. Returns None to
        continue.
        """
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return page(request, 400)
        if _has_large_body(request):
            request.POST = QueryDict()  # what looks for a field finds none
            return page(request, 413)
        return None

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return a page where there is only a status, else the response as it is."""
        bare = not response.streaming and not getattr(response, "content", b"")
        if bare and response.status_code in TEXTS:
            wrong_method = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
            back = _page_above(request) if wrong_method else ""
            full = page(request, response.status_code, back=back)
            for name in ("Allow", "Retry-After"):
                if name in response:
                    full[name] = response[name]
            return full
        return response

"""Views for buttons (POST only), and the pages that have such buttons."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, TypeVar, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import UnreadablePostError
from django.shortcuts import resolve_url
from django.urls import Resolver404, get_script_prefix, resolve
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.utils.functional import Promise

View = TypeVar("View", bound=Callable[..., object])

NOT_DONE = _("Your session had ended, so nothing was changed. Please try again.")


def action(not_done: str | Promise = NOT_DONE) -> Callable[[View], View]:
    """Decorate a view that accepts POST only.

    ``not_done`` is the message after a login if the session had ended before the user
    pressed the button.
    """

    def decorate(view: View) -> View:
        checked = require_POST(view)
        checked.is_action = True  # type: ignore[attr-defined]
        checked.not_done = not_done  # type: ignore[attr-defined]
        return checked

    return decorate


def page_with_action(*, page: View, action: View) -> View:
    """Return one view for a URL with a page and a form.

    GET and HEAD are handled by ``page``, POST by ``action``.
    """

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(page)
    def view(request: HttpRequest, *args: object, **kwargs: object) -> object:
        chosen = action if request.method == "POST" else page
        return chosen(request, *args, **kwargs)

    view.not_done = action.not_done  # type: ignore[attr-defined]
    return cast("View", view)


def nearest_page(url: str) -> str:
    """Return the path and query of ``url`` if it accepts GET.

    The URL of an action becomes that of the page above: ``/post/1/delete`` becomes
    ``/post/1``. Return '' if there is no such page.
    """
    parts = urlsplit(url)
    prefix = get_script_prefix()
    path = parts.path
    while path.startswith(prefix):
        try:
            view = resolve(f"/{path.removeprefix(prefix)}").func
        except Resolver404:
            return ""
        if _answers_get(view):
            # A second slash at the beginning would be another host.
            local = "/" + path.lstrip("/")
            unchanged = path == parts.path and parts.query
            return f"{local}?{parts.query}" if unchanged else local
        path = path.rstrip("/").rpartition("/")[0]
    return ""


def _answers_get(view: Callable[..., object]) -> bool:
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        return hasattr(view_class, "get")
    return not getattr(view, "is_action", False)


def page_of(request: HttpRequest) -> str:
    """Return the path of the page whose button or link sent ``request``.

    From the header of htmx or the browser, else from the form's ``next``, else the
    request's own path; the home page if none is a page of this site.
    """
    try:
        next_page = request.POST.get("next", "")
    except (SuspiciousOperation, UnreadablePostError):  # too large, or cut off
        next_page = ""
    candidates = (
        request.headers.get("HX-Current-URL", ""),
        request.headers.get("Referer", ""),
        next_page,
        request.get_full_path(),
    )
    for url in candidates:
        if is_local(request, url) and (page := nearest_page(url)):
            return page
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def is_local(request: HttpRequest, url: str) -> bool:
    """Return whether ``url`` is a path of this site, or an absolute URL of it."""
    return url_has_allowed_host_and_scheme(
        url, {request.get_host()}, request.is_secure()
    )

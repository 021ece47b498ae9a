"""URLs: absolute ones for mails and feeds, and safe ones for redirects."""

from collections.abc import Callable
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponseRedirect, UnreadablePostError
from django.shortcuts import resolve_url
from django.urls import Resolver404, get_script_prefix, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

# As django.urls.reverse does.
SAFE_IN_PATH = "!$&'()*+,;=/~:@"


def path_to(view_name: str, value: str | int) -> str:
    """Return ``reverse(view_name, args=[value])``, for views of one argument.

    Django looks for the pattern each time; a page has fifty such addresses. Here it is
    looked for once. The value must be one that the pattern takes.
    """
    before, after = _around(view_name, isinstance(value, int), get_script_prefix())
    return f"{before}{quote(str(value), safe=SAFE_IN_PATH)}{after}"


@lru_cache(maxsize=100)
def _around(view_name: str, is_number: bool, _script_prefix: str) -> tuple[str, str]:
    mark = 8_005_882_300 if is_number else "value-of-path"
    before, _mark, after = reverse(view_name, args=[mark]).partition(str(mark))
    return before, after


def absolute_url(path: str) -> str:
    """Return the absolute URL of a path from ``reverse``.

    ``SITE_URL`` ends with the sub-path, if the site has one.
    """
    prefix = get_script_prefix().rstrip("/")
    return f"{settings.SITE_URL}{path.removeprefix(prefix)}"


def site_url(url: str) -> str:
    """Return ``url`` with this site's scheme and host."""
    parts = urlsplit(url)
    return absolute_url(urlunsplit(("", "", parts.path, parts.query, parts.fragment)))


def redirect_back(
    request: HttpRequest, otherwise: object, field: str = "next"
) -> HttpResponseRedirect:
    """Return to the page that the form's ``field`` names, if it is one of this site.

    ``otherwise`` is an argument of ``django.shortcuts.redirect``: a view's name or a
    model.
    """
    target = request.POST.get(field, "")
    if (
        target.startswith("/")
        and is_site_url(request, target)
        and (page := nearest_page(target))
    ):
        return HttpResponseRedirect(page)
    return HttpResponseRedirect(resolve_url(otherwise))  # type: ignore[arg-type]


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
        if _accepts_get(view):
            # A second slash at the beginning would be another host.
            local = "/" + path.lstrip("/")
            unchanged = path == parts.path and parts.query
            return f"{local}?{parts.query}" if unchanged else local
        path = path.rstrip("/").rpartition("/")[0]
    return ""


def _accepts_get(view: Callable[..., object]) -> bool:
    view_class = getattr(view, "view_class", None)
    if view_class is not None:
        return hasattr(view_class, "get")
    return not getattr(view, "post_only", False)


def referring_page(request: HttpRequest) -> str:
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
        if is_site_url(request, url) and (page := nearest_page(url)):
            return page
    return resolve_url(settings.LOGIN_REDIRECT_URL)


def is_site_url(request: HttpRequest, url: str) -> bool:
    """Return whether ``url`` is a path of this site, or an absolute URL of it."""
    return url_has_allowed_host_and_scheme(
        url, {request.get_host()}, request.is_secure()
    )

"""URLs: absolute ones for mails and feeds, and safe ones for redirects."""

from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import get_script_prefix, reverse

from core.actions import is_local, nearest_page

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


def site_address(url: str) -> str:
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
        and is_local(request, target)
        and (page := nearest_page(target))
    ):
        return HttpResponseRedirect(page)
    return HttpResponseRedirect(resolve_url(otherwise))  # type: ignore[arg-type]

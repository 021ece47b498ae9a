"""Views of ``/favicon.ico`` and ``/robots.txt``."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import get_script_prefix
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# Not to be indexed, even where visitors may read.
DISALLOWED_PATHS = (
    "account/",
    "admin/",
    "edit",
    "preferences",
    "rosetta/",
    "search",
    "silk/",
)
ONE_DAY = 24 * 3600


@login_not_required
@require_safe
@cache_control(public=True, max_age=ONE_DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    """Redirect to the icon, for programs that look for it at the default URL."""
    return redirect(static("img/favicon.ico"))


@login_not_required
@require_safe
@cache_control(public=True, max_age=ONE_DAY)
def robots(request: HttpRequest) -> HttpResponse:
    """Return the rules for robots (RFC 9309): nothing unless visitors may read."""
    prefix = get_script_prefix()
    paths = DISALLOWED_PATHS if settings.PUBLIC_READING else ("",)
    lines = ["User-agent: *", *(f"Disallow: {prefix}{path}" for path in paths), ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")

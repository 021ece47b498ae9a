"""Addresses that browsers and robots ask for by themselves."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import get_script_prefix
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# What no search engine should list, even where everybody may read.
UNLISTED = ("account/", "admin/", "edit", "preferences", "rosetta/", "search", "silk/")
ONE_DAY = 24 * 3600


@login_not_required
@require_safe
@cache_control(public=True, max_age=ONE_DAY)
def favicon(request: HttpRequest) -> HttpResponse:
    """Lead to the icon, for programs that look for it at its old address."""
    return redirect(static("img/favicon.ico"))


@login_not_required
@require_safe
@cache_control(public=True, max_age=ONE_DAY)
def robots(request: HttpRequest) -> HttpResponse:
    """Tell robots what to leave out (RFC 9309): all, unless visitors may read."""
    prefix = get_script_prefix()
    paths = UNLISTED if settings.PUBLIC_READING else ("",)
    lines = ["User-agent: *", *(f"Disallow: {prefix}{path}" for path in paths), ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")

"""Addresses: whole ones for mails and feeds, and safe ones to return to."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import get_script_prefix
from django.utils.http import url_has_allowed_host_and_scheme


def absolute_url(path: str) -> str:
    """Return the full address of a path made by ``reverse``.

    ``SITE_URL`` ends with the sub-path, if the site lives under one.
    """
    prefix = get_script_prefix().rstrip("/")
    return f"{settings.SITE_URL}{path.removeprefix(prefix)}"


def redirect_back(request: HttpRequest, otherwise: object) -> HttpResponseRedirect:
    """Return to the form's ``next`` if it is a path of this site (row A2).

    ``otherwise`` is what ``django.shortcuts.redirect`` takes: a view's name or a model.
    """
    target = request.POST.get("next", "")
    if target.startswith("/") and url_has_allowed_host_and_scheme(
        target, {request.get_host()}, request.is_secure()
    ):
        return HttpResponseRedirect(target)
    return HttpResponseRedirect(resolve_url(otherwise))  # type: ignore[arg-type]

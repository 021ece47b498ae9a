"""What happens around every request: language, time zone, login, last seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import middleware as auth_middleware
from django.middleware import locale
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseRedirect
    from django.http.response import HttpResponseBase


class LocaleMiddleware(locale.LocaleMiddleware):
    """Django's choice of the page's language (row I1)."""


class LoginRequiredMiddleware(auth_middleware.LoginRequiredMiddleware):
    """Ask for a login on every page that is not made public (row A2)."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[object, ...],
        view_kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        """Return the redirect to the login page, or None to go on."""
        if settings.PUBLIC_READING and getattr(view_func, "public_reading", False):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        """Say why the login page appears, then redirect there."""
        messages.info(request, _("Please log in to access this page."))
        return super().handle_no_permission(request, view_func)

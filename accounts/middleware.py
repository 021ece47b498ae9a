"""Middleware for language, time zone, required login and last seen."""

from __future__ import annotations

import logging
import time
import zoneinfo
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import middleware as auth_middleware
from django.contrib.auth.views import redirect_to_login
from django.http import Http404
from django.middleware import locale
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from accounts.interruptions import (
    forget_interruption,
    note_interruption,
    save_draft,
)
from accounts.languages import request_language
from accounts.models import User
from core.availability import optional_write
from core.decorators import NOT_DONE
from core.links import nearest_page, referring_page
from core.transactions import SAFE_METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseRedirect
    from django.http.response import HttpResponseBase

logger = logging.getLogger(__name__)

TIME_ZONE_COOKIE = "timezone"
# Exceptions for a provider that does not answer (all of requests' are OSErrors) or
# sends nonsense: other types, endless numbers, deeply nested lists.
PROVIDER_ERRORS = (
    OSError,
    LookupError,
    AttributeError,
    TypeError,
    ValueError,
    ArithmeticError,
    RecursionError,
)
LAST_SEEN_EVERY = timedelta(minutes=1)
# After a failed write each process skips the next ones, so that a locked database costs
# its readers next to nothing.
PAUSE = 5.0  # seconds
# Responses that are the same for everybody and need neither session nor user.
ANONYMOUS_PATHS = ("/avatar/", "/favicon.ico", "/healthz", "/readyz", "/robots.txt")


@cache
def time_zone_names() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


class AnonymousPathsMiddleware(MiddlewareMixin):
    """Drop the cookies of requests whose response is the same for everybody.

    Neither session nor user is loaded, and shared caches may keep the response. Must
    stand before ``SessionMiddleware``.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Drop the cookies, the session's among them."""
        if request.path_info.startswith(ANONYMOUS_PATHS):
            request.COOKIES = {}

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Drop ``Vary``: nothing in the request makes a difference."""
        if request.path_info.startswith(ANONYMOUS_PATHS):
            response.headers.pop("Vary", None)
        return response


class LocaleMiddleware(locale.LocaleMiddleware):
    """The reader's language and time zone.

    The profile's choice, else the cookie's, else the browser's language and UTC.
    """

    def process_request(self, request: HttpRequest) -> None:
        timezone.deactivate()
        super().process_request(request)
        language, zone = "", request.COOKIES.get(TIME_ZONE_COOKIE, "")
        if request.user.is_authenticated:
            language = request.user.language
            zone = request.user.time_zone or zone
        if language and translation.check_for_language(language):
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language()
        if zone in time_zone_names():
            timezone.activate(zoneinfo.ZoneInfo(zone))

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Set ``Content-Language``, and reset language and time zone of the thread."""
        answer: HttpResponseBase = super().process_response(request, response)
        translation.deactivate()
        timezone.deactivate()
        return answer


class LastSeenMiddleware(MiddlewareMixin):
    """Update ``last_seen`` at most once a minute, by one UPDATE.

    It notes the browser's language, too, of a user whose language is not known.
    """

    _again_at = 0.0  # time.monotonic(), seconds

    def process_request(self, request: HttpRequest) -> None:
        """Note that a signed-in user was here."""
        if request.user.is_authenticated:
            self._note(request.user)

    def _note(self, user: User) -> None:
        """Update ``last_seen``, unless the database cannot be written to at once.

        A time in the future was stored by a clock that has been set back since.
        """
        now = timezone.now()
        if user.last_seen and abs(now - user.last_seen) < LAST_SEEN_EVERY:
            return
        if time.monotonic() < self._again_at:
            return
        self._again_at = time.monotonic() + PAUSE
        fields: dict[str, Any] = {"last_seen": now}
        if not user.known_language:
            # Of an account that was made for them: no sign-up has told it.
            fields["browser_language"] = request_language()
        with optional_write():
            User.objects.filter(pk=user.pk).update(**fields)
            user.last_seen = now
            self._again_at = 0.0


class LoginRequiredMiddleware(auth_middleware.LoginRequiredMiddleware):
    """Require a login for every view that is not public."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: tuple[object, ...],
        view_kwargs: dict[str, object],
    ) -> HttpResponseBase | None:
        """Return the redirect to the login page, or None to continue."""
        if settings.PUBLIC_READING and getattr(view_func, "public_reading", False):
            return None
        return super().process_view(request, view_func, view_args, view_kwargs)

    def handle_no_permission(
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponseRedirect:
        """Redirect to the login page, with a message that says why.

        The text of a form is kept, and after the login a message on the page with the
        button says what was not done. htmx is told to load the whole login page.
        """
        posted = request.method not in SAFE_METHODS
        if posted:
            save_draft(request)
        text = _("Please log in to access this page.")
        waiting = messages.get_messages(request)
        if text not in {str(message) for message in waiting}:
            messages.info(request, text)
        waiting.used = False  # type: ignore[union-attr]  # only looked at
        full_path = request.get_full_path()
        page = (
            referring_page(request) if posted else nearest_page(full_path) or full_path
        )
        response = redirect_to_login(
            page, self.get_login_url(view_func), self.get_redirect_field_name(view_func)
        )
        if posted:
            not_done = getattr(view_func, "not_done", NOT_DONE)
            note_interruption(request, response, str(not_done))
        if request.headers.get("HX-Request") and "Location" in response:
            response.status_code = 401
            response["HX-Redirect"] = response["Location"]
            del response["Location"]
        return response

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Delete the cookie of a message that has been shown."""
        forget_interruption(request, response)
        return response


class ProviderErrorsMiddleware(MiddlewareMixin):
    """Turn the failure of a sign-in provider into a message on the login page."""

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Redirect to the login page if the provider failed."""
        match = request.resolver_match
        if match is None or not str(match.view_name).startswith("openid_connect"):
            return None
        if not isinstance(exception, PROVIDER_ERRORS):
            return None
        logger.warning("A sign-in provider does not answer: %s", exception)
        messages.error(
            request,
            _("The other site does not answer at the moment. Please try again later."),
        )
        return redirect("account_login")


class FormerNicknameMiddleware(MiddlewareMixin):
    """Redirect URLs with a former nickname to those with the current one."""

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Redirect if the URL has a nickname that is no longer in use.

        The redirect is temporary, because another user may take the nickname later. A
        form is sent again.
        """
        match = request.resolver_match
        nickname = match.kwargs.get("nickname") if match else None
        if not isinstance(exception, Http404) or match is None or not nickname:
            return None
        user = User.objects.visible().redirected_from(nickname).first()
        if user is None:
            return None
        kwargs = {**match.kwargs, "nickname": user.username}
        address = reverse(match.view_name, args=match.args, kwargs=kwargs)
        if query := getattr(request, "hidden_query", request.META.get("QUERY_STRING")):
            address = f"{address}?{query}"
        return redirect(address, preserve_request=request.method not in SAFE_METHODS)

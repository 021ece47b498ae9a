"""Views that require a recent reauthentication."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from accounts.allauth_internals import STATE_SESSION_KEY
from core.transactions import SAFE_METHODS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import ResolverMatch

    from accounts.decorators import View

# The security pages: names of django-allauth's views, or how they begin.
SECURITY_VIEWS = (
    "account_email",
    "account_set_password",
    "mfa_",
    "socialaccount_connections",
    "usersessions_",
)
# Those of the above with which users sign in or reauthenticate.
SIGN_IN_VIEWS = frozenset(
    {
        "account_email_verification_sent",
        "mfa_authenticate",
        "mfa_login_webauthn",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "mfa_trust",
    }
)
# Pages of the admin on which rights, passwords and factors change: apps and models.
RIGHTS_PAGES = ("auth_", "account_", "mfa_", "socialaccount_", "usersessions_")
USER_PAGES = frozenset(
    {
        "accounts_user_add",
        "accounts_user_change",
        "accounts_user_delete",
        "auth_user_password_change",
    }
)


def recently_authenticated(request: HttpRequest) -> bool:
    """Return whether the user has reauthenticated recently.

    Within ``ACCOUNT_REAUTHENTICATION_TIMEOUT`` seconds. Signing in does not count.
    """
    now = time.time()
    return any(
        record.get("reauthenticated")
        and 0 <= now - record["at"] < app_settings.REAUTHENTICATION_TIMEOUT
        for record in get_authentication_records(request, request.user)
    )


def sensitive_if(condition: Callable[[HttpRequest], bool]) -> Callable[[View], View]:
    """Decorate a view: requests for which ``condition`` is true must reauthenticate."""

    def mark(view: View) -> View:
        view.sensitive_if = condition  # type: ignore[attr-defined]
        return view

    return mark


def is_sensitive(request: HttpRequest, match: ResolverMatch) -> bool:
    """Return whether the view requires a recent reauthentication."""
    name = match.url_name or ""
    if match.app_names == ["admin"]:
        return _changes_rights(request, name)
    if condition := getattr(match.func, "sensitive_if", None):
        return bool(condition(request))
    if match.app_names:
        return False
    if name == "openid_connect_login":
        # django-allauth reads one of them, unless it is empty, before the other.
        return "connect" in (request.POST.get("process"), request.GET.get("process"))
    return name.startswith(SECURITY_VIEWS) and name not in SIGN_IN_VIEWS


def _changes_rights(request: HttpRequest, name: str) -> bool:
    if name in USER_PAGES:
        # Other users see neither permissions nor anything that they can change there.
        return bool(request.user.is_superuser)
    if name == "accounts_user_changelist":
        # There are two lists of actions, and Django reads the one of the button.
        return "delete_selected" in request.POST.getlist("action")
    app = name.partition("_")[0]
    return name.startswith(RIGHTS_PAGES) and request.user.has_module_perms(app)


def redirect_to_reauthentication(request: HttpRequest) -> HttpResponseBase:
    """Return a redirect to the reauthentication page, which redirects back.

    A submitted form is not processed afterwards: an attacker who took over the session
    could submit one and wait until its owner reauthenticates. A message tells the user
    instead.
    """
    request.session.pop(STATE_SESSION_KEY, None)
    if request.method not in SAFE_METHODS:
        messages.warning(
            request,
            _(
                "Nothing has been changed yet. Please confirm who you are, then send "
                "the form again."
            ),
        )
    url = get_adapter().get_reauthentication_methods(request.user)[0]["url"]
    response = HttpResponseRedirect(
        f"{url}?{urlencode({'next': request.get_full_path()})}"
    )
    if request.headers.get("HX-Request"):
        response.status_code = HTTPStatus.UNAUTHORIZED
        response["HX-Redirect"] = response["Location"]
        del response["Location"]
    return response


class ReauthenticationMiddleware(MiddlewareMixin):
    """Require reauthentication before every sensitive view, by whatever method."""

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Return None to continue, or the redirect to the reauthentication page."""
        match = request.resolver_match
        if match is None or not request.user.is_authenticated:
            return None
        # What django-allauth continues with after the reauthentication, such as
        # connecting an account: an attacker in the session may have begun it.
        request.session.pop(STATE_SESSION_KEY, None)
        if not is_sensitive(request, match) or recently_authenticated(request):
            return None
        return redirect_to_reauthentication(request)

    def process_exception(
        self, request: HttpRequest, exception: Exception
    ) -> HttpResponseBase | None:
        """Handle views that require reauthentication themselves.

        django-allauth's own handler would store the form, passwords included, in the
        session.
        """
        asked = isinstance(exception, ReauthenticationRequired)
        return (
            redirect_to_reauthentication(request)
            if asked and request.user.is_authenticated
            else None
        )

"""Middleware for the staff's pages: admin, rosetta and silk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from moderation.groups import is_translator

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from accounts.models import User

SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


# The first segment of a path, and the test for who may open it; silk shows everybody's
# requests.
ROLES: dict[str, Callable[[User], bool]] = {
    "admin": lambda user: user.is_staff,
    "rosetta": is_translator,
    "silk": lambda user: user.is_superuser,
}


def lacks_second_factor(user: User) -> bool:
    """Return whether the user needs a second factor (``REQUIRE_STAFF_MFA``)."""
    if not (settings.REQUIRE_STAFF_MFA and (user.is_staff or user.is_superuser)):
        return False
    return not is_mfa_enabled(user, types=SECOND_FACTORS)


class StaffPagesMiddleware(MiddlewareMixin):
    """Refuse the staff's pages to users without permission.

    Anonymous users have been redirected to the login page before. Admin and rosetta
    would redirect signed-in users there, too, and back again.
    """

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponseBase | None:
        """Return None to continue, or a redirect to set up a second factor.

        Raises ``PermissionDenied`` for users without the role.
        """
        match = request.resolver_match
        role = ROLES.get(match.route.partition("/")[0]) if match else None
        user = request.user
        if role is None or not user.is_authenticated:
            return None
        if not role(user):
            raise PermissionDenied
        if lacks_second_factor(user):
            messages.warning(
                request, _("Please set up a second factor to open the staff's pages.")
            )
            return redirect("mfa_index")
        return None

"""The adapter for sign-in through OpenID Connect providers."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.app_settings import REQUESTS_TIMEOUT
from allauth.socialaccount.providers.base import AuthProcess
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.languages import request_language
from accounts.nicknames import unique_nickname, valid_nickname
from accounts.providers import ClaimsError, bounded_session
from accounts.services import release_address, verified_owner
from accounts.sign_ups import admit_or_queue, check_open

if TYPE_CHECKING:
    import requests
    from allauth.socialaccount.models import SocialLogin

    from accounts.models import User

logger = logging.getLogger(__name__)

RACE_ATTEMPTS = 5
NOT_UNDERSTOOD = gettext_noop(
    "The other site sent an answer that cannot be used, so you are not logged in. "
    "Please log in another way."
)


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    def get_requests_session(self) -> requests.Session:
        """Return a session that limits the size and time of responses."""
        session = bounded_session()
        session.request = partial(  # type: ignore[method-assign]
            session.request, timeout=REQUESTS_TIMEOUT
        )
        return session

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Explain why the provider's response was refused.

        Raises ``ImmediateHttpResponse``; django-allauth has pages for other errors.
        """
        if not isinstance(exception, ClaimsError):
            return
        logger.warning("A sign-in provider's answer is refused: %s", exception)
        raise _refusal(request, _(NOT_UNDERSTOOD))

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse a login without an address; connect it to an existing account.

        Raises ``ImmediateHttpResponse`` to refuse the login. An existing account is
        connected only if both sides have verified the address. An address that the
        provider has verified is removed from accounts that never confirmed it here.
        """
        # MariaDB finds "ABC" for "abc", and a subject's case matters.
        if sociallogin.account.uid != sociallogin.subject:
            raise _refusal(request, _(NOT_UNDERSTOOD))
        if sociallogin.is_existing:
            return
        email = sociallogin.user.email
        if not email:
            raise _refusal(request, _("Invalid login. Please try again."))
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            return
        if not any(
            address.verified and address.email.lower() == email.lower()
            for address in sociallogin.email_addresses
        ):
            # django-allauth writes to the address, whether it is known here or not.
            return
        owner = verified_owner(email)
        if owner is not None:
            sociallogin.connect(request, owner)
            return
        # Before an account is deleted for a user who then cannot sign up.
        check_open(request)
        if not release_address(email):
            raise _refusal(
                request,
                _(
                    "There is already an account with this e-mail address. Please "
                    "log in with your password, then connect the other site in "
                    "your settings."
                ),
            )

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """Fill in the e-mail and a valid nickname."""
        user: User = super().populate_user(request, sociallogin, data)
        claims = sociallogin.account.extra_data
        suggestions = (claims.get("preferred_username"), claims.get("nickname"))
        # allauth empties a name that is taken before the account is stored.
        sociallogin.suggested_nickname = user.username = valid_nickname(
            *(name for name in suggestions if name), user.email.partition("@")[0]
        )
        return user

    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: object = None
    ) -> User:
        """Store the new user; try again if the nickname is taken in the meantime."""
        user: User = sociallogin.user
        user.browser_language = request_language()
        user.signed_up = True
        suggestion: str = sociallogin.suggested_nickname
        for _attempt in range(RACE_ATTEMPTS):
            user.username = unique_nickname(suggestion)
            try:
                with transaction.atomic():
                    super().save_user(request, sociallogin, None)
                    admit_or_queue(request, user)
            except IntegrityError:
                user.pk = None
            else:
                return user
        raise _refusal(request, _("Invalid login. Please try again."))


def _refusal(request: HttpRequest, reason: str) -> ImmediateHttpResponse:
    messages.error(request, reason)
    return ImmediateHttpResponse(redirect("account_login"))

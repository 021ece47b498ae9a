"""How django-allauth fits this site."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.nicknames import unique_nickname, valid_nickname
from core.text import printable_json, refuse_forbidden

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin

RACE_ATTEMPTS = 5


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up and sign-in by nickname and password."""

    error_messages = {  # noqa: RUF012
        **DefaultAccountAdapter.error_messages,
        "username_taken": gettext_lazy(
            "This nickname is already in use. Please choose another one."
        ),
        "email_taken": gettext_lazy("This e-mail address is already in use."),
    }

    def clean_email(self, email: str) -> str:
        """Return the address; raise ``ValidationError`` for what no text may hold."""
        refuse_forbidden(email)
        return str(super().clean_email(email))

    def send_mail(
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """Write in the name of the site, rather than of its host."""
        site = SimpleNamespace(name=settings.SITE_NAME, domain=settings.SITE_NAME)
        super().send_mail(template_prefix, email, {**context, "current_site": site})


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Sign-in through an OpenID Connect provider (row A3)."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Refuse a provider that gives no e-mail; recognise people we know.

        Raises ``ImmediateHttpResponse`` to end a login that must not go on. An
        account of ours is joined only if both sides have verified the address.
        """
        if sociallogin.is_existing:
            return
        email = sociallogin.user.email
        if not email:
            raise _refusal(request, _("Invalid login. Please try again."))
        if request.user.is_authenticated:
            return
        person = User.objects.filter(email__iexact=email).first()
        if person is None:
            return
        verified_here = EmailAddress.objects.filter(
            user=person, email__iexact=email, verified=True
        ).exists()
        verified_there = any(
            address.verified and address.email.lower() == email.lower()
            for address in sociallogin.email_addresses
        )
        if not (verified_here and verified_there):
            raise _refusal(
                request,
                _(
                    "There is already an account with this e-mail address. Please "
                    "log in with your password, then connect the other site in "
                    "your settings."
                ),
            )
        sociallogin.connect(request, person)

    def populate_user(
        self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]
    ) -> User:
        """Fill in the e-mail and a valid nickname."""
        # A provider may send numbers and objects where texts belong.
        data = {name: text for name, text in data.items() if isinstance(text, str)}
        user: User = super().populate_user(request, sociallogin, data)
        # They are stored as they come, and shown on the page of connected accounts.
        claims = sociallogin.account.extra_data = printable_json(
            sociallogin.account.extra_data
        )
        claims = {**claims, **claims.get("id_token", {}), **claims.get("userinfo", {})}
        wishes = (data.get("username"), claims.get("nickname"))
        # allauth empties a name that is taken before the account is stored.
        sociallogin.nickname_wish = user.username = valid_nickname(
            *(wish for wish in wishes if isinstance(wish, str)),
            user.email.partition("@")[0],
        )
        return user

    def save_user(
        self, request: HttpRequest, sociallogin: SocialLogin, form: object = None
    ) -> User:
        """Store the new person under a nickname that nobody else takes meanwhile."""
        user: User = sociallogin.user
        wish: str = sociallogin.nickname_wish
        for _attempt in range(RACE_ATTEMPTS):
            user.username = unique_nickname(wish)
            try:
                with transaction.atomic():
                    super().save_user(request, sociallogin, None)
            except IntegrityError:
                user.pk = None
            else:
                return user
        raise _refusal(request, _("Invalid login. Please try again."))


def _refusal(request: HttpRequest, reason: str) -> ImmediateHttpResponse:
    messages.error(request, reason)
    return ImmediateHttpResponse(redirect("account_login"))

"""django-allauth's rows in the admin: to look at, and to take away what is lost.

Nobody reads keys of sessions, secrets of factors or tokens there, and nobody makes an
address verified that its owner did not confirm, or adds a way to sign in as others.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.http import HttpRequest

for _app in ("account", "mfa", "socialaccount", "usersessions"):
    import_module(f"allauth.{_app}.admin")  # registers what the next lines take back
for _model in (
    Authenticator,
    EmailAddress,
    SocialAccount,
    SocialApp,
    SocialToken,
    UserSession,
):
    admin.site.unregister(_model)


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """Rows that superusers may look at."""

    show_full_result_count = False
    list_select_related = ("user",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let superusers alone look: all this concerns one person only."""
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds any."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes any."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes any here."""
        return False


class RemovableAdmin(ReadOnlyAdmin):
    """Rows that superusers may take away, as for somebody who lost a telephone."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let superusers take them away."""
        return bool(request.user.is_superuser)


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    """Addresses, changed on the person's page and confirmed by their owner."""

    list_display = ("email", "user", "primary", "verified")
    list_filter = ("primary", "verified")
    search_fields = ("email", "user__username")


@admin.register(Authenticator)
class AuthenticatorAdmin(RemovableAdmin):
    """Second factors without their secrets."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__username",)
    fields = ("user", "type", "created_at", "last_used_at")


@admin.register(SocialAccount)
class SocialAccountAdmin(RemovableAdmin):
    """Accounts at other sites with which people sign in."""

    list_display = ("user", "provider", "uid", "last_login")
    search_fields = ("user__username", "uid")
    fields = ("user", "provider", "uid", "last_login", "date_joined")


@admin.register(UserSession)
class UserSessionAdmin(ReadOnlyAdmin):
    """Sessions without their keys."""

    list_display = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    search_fields = ("user__username", "ip")
    fields = ("user", "created_at", "last_seen_at", "ip", "user_agent")

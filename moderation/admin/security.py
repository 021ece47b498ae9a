"""django-allauth's models in the admin: read-only, or removable.

Nobody reads session keys, secrets of factors or tokens there, and nobody verifies an
address that its owner did not confirm, or adds a way to sign in as another user.
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
    import_module(f"allauth.{_app}.admin")  # registers what the next lines unregister
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
    """Read-only, for superusers."""

    show_full_result_count = False
    list_select_related = ("user",)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow superusers only: this is personal data."""
        return bool(request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RemovableAdmin(ReadOnlyAdmin):
    """Read-only and removable, for users who lost a device."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    """Addresses; they are changed on the user's page and confirmed by their owner."""

    list_display = ("email", "user", "primary", "verified")
    list_filter = ("primary", "verified")
    search_fields = ("email", "user__username")


@admin.register(Authenticator)
class AuthenticatorAdmin(RemovableAdmin):
    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = ("type",)
    search_fields = ("user__username",)
    fields = ("user", "type", "created_at", "last_used_at")


@admin.register(SocialAccount)
class SocialAccountAdmin(RemovableAdmin):
    """Accounts at OpenID Connect providers."""

    list_display = ("user", "provider", "uid", "last_login")
    search_fields = ("user__username", "uid")
    fields = ("user", "provider", "uid", "last_login", "date_joined")


@admin.register(UserSession)
class UserSessionAdmin(ReadOnlyAdmin):
    list_display = ("user", "created_at", "last_seen_at", "ip", "user_agent")
    search_fields = ("user__username", "ip")
    fields = ("user", "created_at", "last_seen_at", "ip", "user_agent")

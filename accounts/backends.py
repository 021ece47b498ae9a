"""The authentication backend for passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import auth_backends
from django.http import HttpRequest

from accounts.allauth_internals import filter_users_by_email, get_user_by_username
from core.mail_addresses import normalize_address

if TYPE_CHECKING:
    from accounts.models import User


class AuthenticationBackend(auth_backends.AuthenticationBackend):
    """django-allauth's backend with exactly one password hash for each attempt.

    The parent class looks up a user by nickname and by address and checks the password
    each time, so that the response time reveals which of them exist.
    """

    def _authenticate(
        self, request: HttpRequest | None, **credentials: Any
    ) -> User | None:
        login = credentials.get("email") or credentials.get("username") or ""
        user: User | None = self._check_password(
            find_user(login), credentials.get("password") or ""
        )
        return user


def find_user(login: str) -> User | None:
    """Return the user with this nickname, or with this address if it contains an @."""
    if "@" not in login:
        user: User | None = get_user_by_username(login)
        return user
    try:
        address = normalize_address(login)
    except ValueError:
        return None
    users = filter_users_by_email(address, prefer_verified=True, for_login=True)
    return users[0] if users else None

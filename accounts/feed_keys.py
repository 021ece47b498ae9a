"""Keys in the secret URLs of feeds: they open feeds and nothing else.

A random secret is stored. The key is derived from it and ``SECRET_KEY``, so that a copy
of the database alone opens nothing, and the settings page can show the key again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.crypto import (
    constant_time_compare,
    get_random_string,
    salted_hmac,
)

from accounts.models import FEED_SECRET_LENGTH, User
from core.ids import MAX_ID

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

KEY_PARAMETER = "key"
_LONGEST = 100


def feed_key(user: User | AnonymousUser) -> str:
    """Return the user's key (256 bits), '' if there is none."""
    if not user.is_authenticated or not user.feed_secret:
        return ""
    return f"{user.pk}-{_digest(user.pk, user.feed_secret)}"


def user_with_key(key: str) -> User | None:
    """Return the user with this key, None if it is wrong or they may not sign in."""
    number, _dash, digest = key.partition("-")
    if len(key) > _LONGEST or not (number.isascii() and number.isdigit()):
        return None
    if int(number) > MAX_ID:
        return None
    users = User.objects.visible().filter(is_active=True).exclude(feed_secret="")
    user: User | None = users.filter(pk=int(number)).first()
    secret = user.feed_secret if user else ""
    right = constant_time_compare(_digest(int(number), secret), digest)
    return user if right else None


def renew_feed_key(user: User) -> None:
    """Give the user a new key; the old one stops working at once."""
    _store(user, get_random_string(FEED_SECRET_LENGTH))


def remove_feed_key(user: User) -> None:
    """Delete the user's key."""
    _store(user, "")


def _store(user: User, secret: str) -> None:
    User.objects.filter(pk=user.pk).update(feed_secret=secret)
    user.feed_secret = secret


def _digest(pk: int, secret: str) -> str:
    salt = "accounts.feed_keys"
    return salted_hmac(salt, f"{pk}:{secret}", algorithm="sha256").hexdigest()

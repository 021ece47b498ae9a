"""Receivers of the signals of Django and django-allauth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

from accounts.feed_keys import replace_feed_key
from accounts.languages import request_language
from accounts.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest


@receiver(user_logged_in)
def keep_browser_language(
    sender: object, request: HttpRequest | None, user: User, **kwargs: Any
) -> None:
    """Store the browser's language for mails."""
    if not hasattr(request, "LANGUAGE_CODE"):
        return
    language = request_language()
    if language and language != user.browser_language:
        user.browser_language = language
        User.objects.filter(pk=user.pk).update(browser_language=language)


@receiver([password_changed, password_reset, password_set])
def end_feed_addresses(sender: object, user: User, **kwargs: Any) -> None:
    """Replace the feed key when the password changes."""
    replace_feed_key(user)

"""Receivers of the signals of Django and django-allauth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver

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

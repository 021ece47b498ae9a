"""Receivers of the signals of Django and django-allauth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import pre_save
from django.dispatch import receiver

from accounts.languages import request_language
from accounts.models import User
from core.text import replace_forbidden

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


@receiver(pre_save, sender=UserSession)
def clean_user_agent(sender: object, instance: UserSession, **kwargs: Any) -> None:
    """Store what browsers call themselves in a form that can be stored and shown."""
    instance.user_agent = replace_forbidden(instance.user_agent)

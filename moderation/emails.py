"""E-mails to moderators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from core.links import absolute_url

if TYPE_CHECKING:
    from accounts.models import User


def send_sign_ups_waiting(moderator: User) -> None:
    """Tell a moderator that sign-ups wait for approval."""
    with override(moderator.mail_language):
        site = {"site": settings.SITE_NAME}
        subject = _("[%(site)s] People wait for approval") % site
        path = reverse("admin:accounts_signuprequest_changelist")
        context = {"user": moderator, "queue_url": absolute_url(path)}
        text = render_to_string("moderation/email/sign_ups_waiting.txt", context)
    send_mail(subject, text, None, [moderator.email])

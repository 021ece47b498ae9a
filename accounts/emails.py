"""E-mails of this app, besides those of django-allauth."""

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


def send_sign_up_decision(user: User, *, approved: bool) -> None:
    """Tell a user that a moderator has approved or refused the sign-up."""
    with override(user.mail_language):
        site = {"site": settings.SITE_NAME}
        if approved:
            subject = _("[%(site)s] Welcome: your account has been approved") % site
        else:
            subject = _("[%(site)s] Your account has not been approved") % site
        context = {
            "user": user,
            "approved": approved,
            "login_url": absolute_url(reverse("account_login")),
            "SITE_NAME": settings.SITE_NAME,
        }
        text = render_to_string("accounts/email/sign_up_decision.txt", context)
    send_mail(subject, text, None, [user.email])


def send_nickname_replaced(user: User) -> None:
    """Tell a user which nickname a moderator has given them."""
    with override(user.mail_language):
        site = {"site": settings.SITE_NAME}
        subject = _("[%(site)s] You have a new nickname") % site
        context = {
            "user": user,
            "login_url": absolute_url(reverse("account_login")),
            "SITE_NAME": settings.SITE_NAME,
        }
        text = render_to_string("accounts/email/nickname_replaced.txt", context)
    send_mail(subject, text, None, [user.email])

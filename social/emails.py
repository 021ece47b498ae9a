"""E-mails of this app."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.avatars import mail_avatar_url
from accounts.models import User
from core.links import absolute_url


def send_new_follower(follower: User, followed: User) -> None:
    """Mail ``followed`` that ``follower`` follows them now, in their language."""
    with override(followed.mail_language):
        subject = _("[%(site)s] %(nickname)s is now following you!") % {
            "site": settings.SITE_NAME,
            "nickname": follower.username,
        }
        context = {
            "follower": follower,
            "followed": followed,
            "profile_url": absolute_url(follower.get_absolute_url()),
            "avatar_url": mail_avatar_url(follower),
            "SITE_NAME": settings.SITE_NAME,
        }
        text = render_to_string("social/email/new_follower.txt", context)
        html = render_to_string("social/email/new_follower.html", context)
    message = EmailMultiAlternatives(subject, text, to=[followed.email])
    message.attach_alternative(html, "text/html")
    message.send()

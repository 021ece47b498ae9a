"""A person's picture."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.avatars import avatar_url
from accounts.models import User

register = template.Library()


@register.simple_tag
def avatar(user: User, size: int) -> SafeString:
    """Return the picture, ``size`` pixels wide; decoration, so without a text."""
    return format_html(
        '<img class="avatar" src="{}" width="{}" height="{}" alt="" loading="lazy">',
        avatar_url(user, size),
        size,
        size,
    )

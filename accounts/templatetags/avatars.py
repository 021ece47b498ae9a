"""Avatars in templates."""

from functools import lru_cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.avatars import avatar_source
from accounts.models import User

register = template.Library()


@register.simple_tag
def avatar(user: User, size: int) -> SafeString:
    """Return the image, ``size`` pixels wide; decorative, so without ``alt`` text."""
    return _image(avatar_source(user, size), size)


@lru_cache(maxsize=2_000)
def _image(source: str, size: int) -> SafeString:
    return format_html(
        '<img class="avatar" src="{}" width="{}" height="{}" alt="">',
        source,
        size,
        size,
    )

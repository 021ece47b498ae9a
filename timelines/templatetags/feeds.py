"""URLs of feeds in templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.urls import reverse

from accounts.feed_keys import KEY_PARAMETER, feed_key

if TYPE_CHECKING:
    from django.template.context import Context

register = template.Library()


@register.simple_tag(takes_context=True)
def feed_url(context: Context, name: str, *args: Any) -> str:
    """Return the URL of the feed ``name`` that a feed reader can read, or ''.

    With the user's own key, or without one where ``PUBLIC_READING`` is set.
    """
    path = reverse(name, args=args)
    if settings.PUBLIC_READING and name != "timelines:home-feed":
        return path
    key = feed_key(context["user"]) if "user" in context else ""
    return f"{path}?{urlencode({KEY_PARAMETER: key})}" if key else ""

"""Users' texts in plain text, such as ``<title>`` and mails."""

from django import template

from core import bidi
from core.text import replace_forbidden

register = template.Library()


@register.filter(is_safe=True)
def isolate(text: object) -> str:
    """Return the text, isolated so that it reorders nothing around it."""
    return bidi.isolate(replace_forbidden(str(text)))

"""The hidden field that lets a form's text survive the end of the session."""

import re

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.interruptions import OWNER_FIELD, owner_token
from accounts.models import User

register = template.Library()

_POST_FORM = re.compile(r'<form method="post"[^>]*>')


@register.simple_tag
def owner_field(user: User) -> SafeString:
    """Return the hidden input with the user's signed token."""
    return format_html(
        '<input type="hidden" name="{}" value="{}">', OWNER_FIELD, owner_token(user)
    )


@register.filter
def with_owner_field(block: SafeString, user: User) -> SafeString:
    """Return a library's block with the hidden input in its form, which has no hook.

    A text in the block cannot be taken for the form: it is escaped.
    """
    whole = _POST_FORM.sub(lambda form: form[0] + owner_field(user), block, count=1)
    return mark_safe(whole)  # noqa: S308

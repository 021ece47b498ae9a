"""What a form carries so that its text survives the end of the session."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.interruptions import OWNER_FIELD, owner_token
from accounts.models import User

register = template.Library()


@register.simple_tag
def owner_field(user: User) -> SafeString:
    """Return the hidden input that says whose form it is."""
    return format_html(
        '<input type="hidden" name="{}" value="{}">', OWNER_FIELD, owner_token(user)
    )

"""What a post says, as HTML."""

from django import template
from django.utils.html import conditional_escape, urlize
from django.utils.safestring import SafeString, mark_safe

from posts.models import Post

register = template.Library()


@register.filter
def body_html(post: Post) -> SafeString:
    """Return the text with what a search marked in it, else with its links.

    Line breaks are shown: nothing may stand beside it in its paragraph.
    """
    highlighted: str = getattr(post, "highlighted", "")
    if highlighted:
        return conditional_escape(highlighted)
    if post.has_link:
        return mark_safe(urlize(post.body, nofollow=True, autoescape=True))  # noqa: S308
    return conditional_escape(post.body)

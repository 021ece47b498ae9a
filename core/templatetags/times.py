"""Times in the reader's language and zone."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

MINUTE, HOUR, DAY, WEEK = 60, 3600, 86400, 7 * 86400


def time_ago(moment: datetime) -> str:
    """Return the time since ``moment``; after a week, the date."""
    seconds = int((timezone.now() - moment) / timedelta(seconds=1))
    if seconds < MINUTE:
        return _("just now")
    if seconds < HOUR:
        count = seconds // MINUTE
        text = ngettext("%(count)d minute ago", "%(count)d minutes ago", count)
    elif seconds < DAY:
        count = seconds // HOUR
        text = ngettext("%(count)d hour ago", "%(count)d hours ago", count)
    elif seconds < WEEK:
        count = seconds // DAY
        text = ngettext("%(count)d day ago", "%(count)d days ago", count)
    else:
        return date_format(timezone.localtime(moment), "DATE_FORMAT")
    return text % {"count": count}


@register.simple_tag
def relative_time(moment: datetime) -> SafeString:
    """Return ``<time>``, which a script updates while the page is open."""
    return format_html(
        '<time datetime="{}" data-relative>{}</time>',
        moment.isoformat(timespec="seconds"),
        time_ago(moment),
    )


@register.simple_tag
def calendar_date(moment: datetime) -> SafeString:
    """Return ``<time>`` with the date in the reader's zone and language."""
    return format_html(
        '<time datetime="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        date_format(timezone.localtime(moment), "DATE_FORMAT"),
    )

"""The time zones of the preferences, and a fast widget."""

from __future__ import annotations

from functools import cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from accounts.middleware import time_zone_names


@cache
def time_zones() -> tuple[str, ...]:
    """Return the names, sorted; finding them opens hundreds of files."""
    return tuple(sorted(time_zone_names() - {"localtime", "Factory"}))


@cache
def _options() -> SafeString:
    return format_html_join("\n", '<option value="{0}">{0}</option>', zip(time_zones()))


class TimeZoneSelect(forms.Select):
    """A select of 600 names, which are the same in all languages and pages.

    Rendering each option by Django's template took most of the page's time.
    """

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: Any = None,
    ) -> SafeString:
        """Return the HTML, with the user's time zone selected."""
        chosen = f'<option value="{escape(value or "")}">'
        options = _options().replace(chosen, f"{chosen[:-1]} selected>", 1)
        return format_html(
            '<select name="{}"{}>\n<option value="">{}</option>\n{}\n</select>',
            name,
            flatatt(self.build_attrs(self.attrs, attrs)),
            next(iter(self.choices))[1],
            mark_safe(options),  # noqa: S308 - made above, of escaped names
        )

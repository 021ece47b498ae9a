"""The form for a post."""

from __future__ import annotations

import secrets
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.catalogues import generation
from core.text import CleanTextField
from posts.language_detection import LANGUAGES, detect_language, language_choices
from posts.models import POST_MAX_LENGTH, Post
from posts.services import publish_post

if TYPE_CHECKING:
    from django.forms.renderers import BaseRenderer

    from accounts.models import User

SELECTED = mark_safe(" selected")


def new_submission() -> int:
    """Return a random number that identifies one submission of a form."""
    return secrets.randbits(62)


class LanguageSelect(forms.Select):
    """The languages that posts may have, and the choice to have it guessed.

    Drawn option by option, these 44 cost a tenth of the home page's time.
    """

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> SafeString:
        """Return the element; ``value`` is the tag of the language that is chosen."""
        attributes = flatatt({"name": name, **self.build_attrs(self.attrs, attrs)})
        chosen = value if value in LANGUAGES else ""
        return format_html(
            "<select{}>{}</select>",
            attributes,
            _options(chosen, generation(), get_language()),
        )


@lru_cache(maxsize=200)
def _options(chosen: str, _generation: float, _language: str | None) -> SafeString:
    """Return the options in the language and the texts of now."""
    choices = (("", _("Guess the language")), *language_choices())
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((tag, SELECTED if tag == chosen else "", name) for tag, name in choices),
    )


class PostForm(forms.Form):
    use_required_attribute = False

    body = CleanTextField(
        limit=POST_MAX_LENGTH,
        label=_("Say something"),
        help_text=_("characters left"),
        widget=forms.Textarea(
            attrs={
                "rows": 3,
                "dir": "auto",
                "data-limit": POST_MAX_LENGTH,
                "data-counter": "counter",
            }
        ),
        error_messages={"required": _("Please write something before you post.")},
    )
    language = forms.ChoiceField(
        label=_("Language"), required=False, widget=LanguageSelect
    )
    submission = forms.IntegerField(
        widget=forms.HiddenInput,
        required=False,
        min_value=0,
        max_value=2**62,
        initial=new_submission,
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Set the choices: guess the language, then each language by its own name."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choice = self.fields["language"]
        choice.choices = [("", _("Guess the language")), *language_choices()]  # type: ignore[attr-defined]

    def publish(self, author: User) -> Post:
        """Publish the post; a form sent twice returns the same post again."""
        body = self.cleaned_data["body"]
        return publish_post(
            author=author,
            body=body,
            language=self.cleaned_data["language"] or detect_language(body),
            submission=self.cleaned_data["submission"],
        )

"""Writing a post."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from core.text import CleanTextField
from posts.language import guess_language, language_choices
from posts.models import POST_MAX_LENGTH, Post
from posts.services import publish_post

if TYPE_CHECKING:
    from accounts.models import User


def new_submission() -> int:
    """Return a random number that tells one submission of a form from another."""
    return secrets.randbits(62)


class PostForm(forms.Form):
    """Text and language of a new post (rows P1, P5)."""

    body = CleanTextField(
        limit=POST_MAX_LENGTH,
        label=_("Say something"),
        error_messages={"required": _("Please write something before you post.")},
    )
    language = forms.ChoiceField(label=_("Language"), required=False)
    submission = forms.IntegerField(
        widget=forms.HiddenInput,
        required=False,
        min_value=0,
        max_value=2**62,
        initial=new_submission,
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Offer to guess the language, then each language by its own name."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choice = self.fields["language"]
        choice.choices = [("", _("Guess the language")), *language_choices()]  # type: ignore[attr-defined]

    def publish(self, author: User) -> Post:
        """Store the post; a form sent twice gives the same post again."""
        body = self.cleaned_data["body"]
        return publish_post(
            author=author,
            body=body,
            language=self.cleaned_data["language"] or guess_language(body),
            submission=self.cleaned_data["submission"],
        )

"""Forms in which people describe themselves."""

from __future__ import annotations

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import ABOUT_ME_MAX_LENGTH, User
from core.text import CleanTextField


class ProfileForm(forms.ModelForm[User]):
    """Nickname and about me (row A6)."""

    about_me = CleanTextField(
        label=_("About me"),
        limit=ABOUT_ME_MAX_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    class Meta:
        """The two fields that everybody sees."""

        model = User
        fields = ("username", "about_me")
        widgets = {
            "username": forms.TextInput(
                attrs={"autocomplete": "username", "spellcheck": "false"}
            ),
        }

    def clean_username(self) -> str:
        """Return the nickname, unless somebody else has it in whatever case."""
        nickname: str = self.cleaned_data["username"]
        if User.objects.named(nickname).exclude(pk=self.instance.pk).exists():
            raise self._taken()
        return nickname

    def _taken(self) -> ValidationError:
        text = User._meta.get_field("username").error_messages["unique"]
        return ValidationError(text, code="unique")

    def save(self, commit: bool = True) -> User:
        """Store both; raise ``IntegrityError`` never: a race is a field error."""
        with transaction.atomic():
            return super().save(commit)

    def save_or_explain(self) -> bool:
        """Store both and return True, or add the field's error and return False."""
        try:
            self.save()
        except IntegrityError:
            self.add_error("username", self._taken())
            return False
        return True


def _time_zones() -> list[tuple[str, str]]:
    names = sorted(zoneinfo.available_timezones() - {"localtime", "Factory"})
    return [("", str(_("My browser's"))), *((name, name) for name in names)]


class PreferencesForm(forms.ModelForm[User]):
    """The reader's language and time zone (rows I1, I2)."""

    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), required=False, choices=_time_zones
    )

    class Meta:
        """What only the reader sees."""

        model = User
        fields = ("language", "time_zone")

    def __init__(self, *args: Any, languages: Any, **kwargs: Any) -> None:
        """Offer ``languages``: pairs of a code and the language's own name."""
        super().__init__(*args, **kwargs)
        choice = self.fields["language"]
        choice.choices = [("", _("My browser's")), *languages]  # type: ignore[attr-defined]


class LanguageForm(forms.Form):
    """The language chosen at the foot of a page."""

    language = forms.ChoiceField(choices=lambda: settings.LANGUAGES)

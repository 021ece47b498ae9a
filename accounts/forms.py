"""Forms for a user's own profile and preferences, and for users in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AdminUserCreationForm
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import ABOUT_ME_MAX_LENGTH, NICKNAME_TAKEN, User
from accounts.services import change_nickname
from accounts.time_zones import TimeZoneSelect, time_zones
from accounts.validators import validate_not_reserved
from core.text import CleanTextField


class ProfileForm(forms.ModelForm[User]):
    about_me = CleanTextField(
        label=_("About me"),
        limit=ABOUT_ME_MAX_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    class Meta:
        model = User
        fields = ("username", "about_me")
        widgets = {
            "username": forms.TextInput(
                attrs={"autocomplete": "username", "spellcheck": "false"}
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Add a help text about what a change of nickname does."""
        super().__init__(*args, **kwargs)
        field = self.fields["username"]
        days = settings.NICKNAME_HOLD_DAYS
        consequence = ngettext(
            "After a change, your old nickname still leads to you and lets you log in, "
            "and nobody else can take it for %(days)d day.",
            "After a change, your old nickname still leads to you and lets you log in, "
            "and nobody else can take it for %(days)d days.",
            days,
        )
        field.help_text = f"{field.help_text} {consequence % {'days': days}}"

    def clean_username(self) -> str:
        """Return the nickname; a reserved one may be kept, but not chosen."""
        nickname: str = self.cleaned_data["username"]
        if nickname.lower() != self.instance.username.lower():
            validate_not_reserved(nickname)
        return nickname

    def save_or_explain(self) -> bool:
        """Save and return True, or add the field's error and return False.

        Another user may take the nickname between validation and saving.
        """
        user = self.instance
        try:
            with transaction.atomic():
                change_nickname(user=user, nickname=self.cleaned_data["username"])
                if "about_me" in self.changed_data:
                    user.save(update_fields=["about_me"])
        except IntegrityError:
            self.add_error("username", ValidationError(NICKNAME_TAKEN, code="unique"))
            return False
        except ValidationError as error:
            self.add_error("username", error)
            return False
        return True


def _time_zones() -> list[tuple[str, str]]:
    return [("", str(_("My browser's"))), *((name, name) for name in time_zones())]


class PreferencesForm(forms.ModelForm[User]):
    """The reader's language and time zone."""

    language = forms.ChoiceField(label=_("Language"), required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=_time_zones,
        widget=TimeZoneSelect,
    )

    class Meta:
        model = User
        fields = ("language", "time_zone")

    def __init__(self, *args: Any, languages: Any, **kwargs: Any) -> None:
        """Offer ``languages``: pairs of a code and the language's own name."""
        super().__init__(*args, **kwargs)
        choice = self.fields["language"]
        choice.choices = [("", _("My browser's")), *languages]  # type: ignore[attr-defined]


class LanguageForm(forms.Form):
    """The language selected in the footer."""

    language = forms.ChoiceField(choices=lambda: settings.LANGUAGES)


class UserAddForm(AdminUserCreationForm):  # type: ignore[type-arg]
    """The admin's form for a new user, whose password has been hashed before."""

    password_hash = ""

    def set_password_and_save(
        self, user: User, commit: bool = True, **kwargs: Any
    ) -> User:
        """Set the hash, or an unusable password."""
        if self.cleaned_data["set_usable_password"]:
            user.password = self.password_hash
        else:
            user.set_unusable_password()
        if commit:
            user.save()
        return user

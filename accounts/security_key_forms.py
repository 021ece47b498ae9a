"""django-allauth's forms for security keys, with labels that can be translated."""

from typing import Any

from allauth.mfa.webauthn import forms
from django.forms import TextInput
from django.utils.translation import gettext_lazy as _

from core.text import CleanTextField

NAME_MAX_LENGTH = 100


def _name_field(*, required: bool) -> CleanTextField:
    return CleanTextField(
        label=_("Name"), limit=NAME_MAX_LENGTH, required=required, widget=TextInput
    )


class AddWebAuthnForm(forms.AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = _name_field(required=False)
        if "passwordless" in self.fields:
            self.fields["passwordless"].label = _("Log in with this key alone")


class EditWebAuthnForm(forms.EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = _name_field(required=True)

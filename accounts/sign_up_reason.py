"""The reason that users give at sign-up where moderators approve accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.core import context as allauth_context
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.models import REASON_MAX_LENGTH
from accounts.sign_ups import is_invited
from core.text import CleanTextField

if TYPE_CHECKING:
    from django.http import HttpRequest

    from accounts.models import User


class SignUpReasonForm(forms.Form):
    """The base class of django-allauth's sign-up form."""

    reason = CleanTextField(
        label=_("Why would you like to join?"),
        help_text=_("The moderators read this before they approve your account."),
        limit=REASON_MAX_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Remove the reason where nobody approves sign-ups, and for the invited."""
        super().__init__(*args, **kwargs)
        if settings.SIGNUPS != "approval" or is_invited(allauth_context.request):
            del self.fields["reason"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Do nothing: the adapter stores the reason in the user's transaction."""

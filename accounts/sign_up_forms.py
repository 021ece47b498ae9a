"""The sign-up form."""

from __future__ import annotations

from typing import Any

from allauth.account import forms
from allauth.core import context as allauth_context
from django.contrib.auth.hashers import make_password

from accounts.interruptions import pop_draft


class SignUpForm(forms.SignupForm):
    """django-allauth's form with exactly one password hash for each submission.

    The parent class hashes for free addresses only, so that the response time reveals
    which addresses have an account. ``password_hash`` is made before anything is
    written.
    """

    password_hash = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Fill in what the visitor had typed before they changed the language."""
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.initial.update(pop_draft(allauth_context.request))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        self.password_hash = make_password(self.data.get("password1", ""))
        return cleaned

"""Logging in by an address in whatever form its owner writes it."""

from __future__ import annotations

from contextlib import suppress

from allauth.account import forms

from accounts.validators import normalize_address


class LoginForm(forms.LoginForm):
    """django-allauth's form, which looks addresses up as they are stored."""

    def clean_login(self) -> str:
        """Return the nickname as it was typed, an address as the site stores it."""
        login: str = super().clean_login()
        if "@" in login:
            with suppress(ValueError):
                return normalize_address(login)
        return login

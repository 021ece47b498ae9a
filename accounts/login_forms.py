"""django-allauth's forms to log in, which find an address by its one spelling."""

from allauth.account import forms
from allauth.account.adapter import get_adapter

from core.mail_addresses import known_address


class LoginForm(forms.LoginForm):
    """Takes a nickname or an address, and a password."""

    def clean_login(self) -> str:
        """Return the nickname or the address."""
        login: str = super().clean_login()
        return known_address(login) if "@" in login else login


class RequestLoginCodeForm(forms.RequestLoginCodeForm):
    """Asks for a code."""

    def clean_email(self) -> str:
        """Return the address; raise ``ValidationError`` for an invalid one."""
        if email := self.cleaned_data["email"]:
            self.cleaned_data["email"] = get_adapter().clean_email(email)
        cleaned: str = super().clean_email()
        return cleaned


class ResetPasswordForm(forms.ResetPasswordForm):
    """Asks for a link, which never goes to another spelling than the owner's."""

    def clean_email(self) -> str:
        """Return the address; raise ``ValidationError`` for an invalid one."""
        email = self.cleaned_data["email"]
        self.cleaned_data["email"] = get_adapter().clean_email(email)
        cleaned: str = super().clean_email()
        return cleaned

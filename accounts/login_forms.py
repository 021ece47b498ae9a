"""django-allauth's forms to log in, which find an address by its one spelling."""

from allauth.account import forms
from allauth.account.adapter import get_adapter
from allauth.core import context

from core.mail_addresses import known_address
from core.rate_limits import consume


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


class ConfirmLoginCodeForm(forms.ConfirmLoginCodeForm):
    """Takes the code, for as many attempts as the code's own limit allows.

    django-allauth counts them in the session, which requests that are sent at once
    read before any of them has stored it.
    """

    def clean_code(self) -> str:
        """Return the code; raise ``ValidationError`` for a wrong one, or one too many.

        Counted before it is compared; where nobody gets a code, too.
        """
        usage = consume(context.request, "login_code_attempt", key=self.expected_code)
        if not usage.allowed:
            raise get_adapter().validation_error("incorrect_code")
        code: str = super().clean_code()
        return code


class ResetPasswordForm(forms.ResetPasswordForm):
    """Asks for a link, which never goes to another spelling than the owner's."""

    def clean_email(self) -> str:
        """Return the address; raise ``ValidationError`` for an invalid one."""
        email = self.cleaned_data["email"]
        self.cleaned_data["email"] = get_adapter().clean_email(email)
        cleaned: str = super().clean_email()
        return cleaned

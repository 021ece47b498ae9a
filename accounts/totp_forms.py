"""django-allauth's form for an authenticator app, with its first code used up."""

from allauth.mfa.totp import forms

from accounts.allauth_internals import use_up_totp_code


class ActivateTOTPForm(forms.ActivateTOTPForm):
    """Adds an authenticator app."""

    def clean_code(self) -> str:
        """Return the code, which nobody can log in with any more (RFC 6238, 5.2).

        django-allauth marks only the codes of logins as used.
        """
        code: str = super().clean_code()
        use_up_totp_code(self.user, code)
        return code

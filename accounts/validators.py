"""What a nickname and an e-mail address may look like."""

import re

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, RegexValidator
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext_lazy as _

from accounts.reserved_nicknames import is_reserved

NICKNAME_MAX_LENGTH = 64
INVALID_CHARACTERS = _(
    "This nickname has invalid characters. "
    "Please use letters, numbers, dots and underscores only."
)


@deconstructible
class NicknameValidator(RegexValidator):
    """Letters, digits, dots and underscores, with at least one letter or digit.

    ``.`` and ``..`` would break the URL of the profile, so dots and underscores alone
    are refused.
    """

    regex = r"^[a-zA-Z0-9_.]+\Z"
    message = INVALID_CHARACTERS
    flags = re.ASCII

    def __call__(self, value: object) -> None:
        super().__call__(value)
        if not re.search(r"[a-zA-Z0-9]", str(value)):
            raise ValidationError(
                _("A nickname needs at least one letter or digit."), code="invalid"
            )


def validate_not_reserved(nickname: str) -> None:
    """Raise ``ValidationError`` for a reserved nickname.

    Not a validator of the model: ``createsuperuser`` and superusers in the admin may
    give such nicknames deliberately, and whoever has one keeps it.
    """
    if is_reserved(nickname):
        raise ValidationError(
            _("This nickname is reserved. Please choose another one."), code="reserved"
        )


def normalize_address(address: str) -> str:
    """Return an e-mail address as the site stores and compares it: in ASCII.

    In lower case, with the domain as IDNA 2008 encodes it. Raises ``ValueError`` for
    other characters before the @ and for a domain that cannot exist. Databases and
    ``str.lower`` take different characters for the same, such as MariaDB "á" for "a",
    and they may be in the addresses of different people.
    """
    local, at, domain = address.rpartition("@")
    if not local.isascii():
        message = "Characters beyond ASCII before the @."
        raise ValueError(message)
    if not domain.isascii():
        domain = idna.encode(domain, uts46=True).decode()
    return f"{local}{at}{domain}".lower()


def validate_address(address: str) -> None:
    """Raise ``ValidationError`` for an address that has no form in ASCII."""
    try:
        normalize_address(address)
    except ValueError as error:
        raise ValidationError(EmailValidator.message, code="invalid") from error


# django-allauth wants the path of a list.
allauth_validators = [NicknameValidator(), validate_not_reserved]

"""Validators of nicknames."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
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


# django-allauth wants the path of a list.
allauth_validators = [NicknameValidator(), validate_not_reserved]

"""What a nickname may look like (row A4)."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext_lazy as _

NICKNAME_MAX_LENGTH = 64
INVALID_CHARACTERS = _(
    "This nickname has invalid characters. "
    "Please use letters, numbers, dots and underscores only."
)


@deconstructible
class NicknameValidator(RegexValidator):
    """Letters, digits, dots and underscores, with at least one letter or digit.

    ``.`` and ``..`` would break the address of the profile, so dots and
    underscores alone are no nickname.
    """

    regex = r"^[a-zA-Z0-9_.]+\Z"
    message = INVALID_CHARACTERS
    flags = re.ASCII

    def __call__(self, value: object) -> None:
        """Raise ``ValidationError`` unless ``value`` is a nickname."""
        super().__call__(value)
        if not re.search(r"[a-zA-Z0-9]", str(value)):
            raise ValidationError(
                _("A nickname needs at least one letter or digit."), code="invalid"
            )


# django-allauth wants the path of a list.
allauth_validators = [NicknameValidator()]

"""E-mail addresses: each has one spelling, and hides nothing.

Two that lead to the same mailbox are two accounts otherwise. Sources: UTS 46 (what
domains are mapped to: full-width letters, ideographic full stops) and RFC 5891 (IDNA),
by the package ``idna``; the local part is ASCII, as Django's validator wants it.
"""

from __future__ import annotations

from typing import Any

import idna
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import models

from core.text import FORBIDDEN_CHARACTERS, is_invisible, validate_characters

MAX_LENGTH = 254  # RFC 5321, erratum 1690


def clean_address(address: str) -> str:
    """Return the address with its domain in ASCII and small letters.

    Raises ``ValidationError`` for one that is invalid, or has characters that show
    nothing.
    """
    validate_characters(address)
    if any(is_invisible(character) for character in address.strip()):
        raise ValidationError(FORBIDDEN_CHARACTERS, code="control_characters")
    local, at, domain = address.strip().rpartition("@")
    # Django's validator ignores case, and takes "\u212a" (Kelvin) for "k".
    if len(address) > MAX_LENGTH or not local.isascii():
        raise ValidationError(EmailValidator.message, code="invalid")
    cleaned = f"{local}{at}{_ascii(domain)}"
    EmailValidator()(cleaned)
    if len(cleaned) > MAX_LENGTH:
        raise ValidationError(EmailValidator.message, code="invalid")
    return cleaned


def known_address(address: str) -> str:
    """Return the address by which to look for what somebody typed, even if invalid."""
    try:
        return clean_address(address)
    except ValidationError:
        return address


def normalize_address(address: str) -> str:
    """Return the address by which accounts are compared: in lower case.

    Databases and ``str.lower`` take different characters for the same, such as MariaDB
    "á" for "a"; this one is in ASCII. Raises ``ValueError`` for an invalid address.
    """
    try:
        return clean_address(address).lower()
    except ValidationError as error:
        raise ValueError(error.messages[0]) from error


def _ascii(domain: str) -> str:
    domain = domain.lower()
    if domain.isascii() and "xn--" not in domain:
        return domain
    try:
        return idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise ValidationError(EmailValidator.message, code="invalid") from error


class AddressField(models.EmailField):  # type: ignore[type-arg]
    """An ``EmailField`` whose forms, in the admin too, store ``clean_address``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take what any ``EmailField`` takes."""
        kwargs["max_length"] = MAX_LENGTH
        super().__init__(*args, **kwargs)

    def clean(self, value: Any, model_instance: Any) -> Any:
        """Return the address, or raise ``ValidationError``."""
        text = super().clean(value, model_instance)
        return clean_address(text) if text else text

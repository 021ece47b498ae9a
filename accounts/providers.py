"""Responses of OpenID Connect providers: bounded, and validated before use.

Source: OpenID Connect Core 1.0, sections 2 (``sub``: ASCII characters, case-sensitive;
at most 255 there, and 191 in django-allauth's column, which MariaDB's indexes allow),
5.1 (the claims' types) and 5.3.2 (both answers name one user).
"""

from __future__ import annotations

from typing import Any

import requests
from allauth.socialaccount.app_settings import REQUESTS_TIMEOUT, UID_MAX_LENGTH
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.openid_connect.provider import (
    OpenIDConnectProvider,
)
from django.http import HttpRequest

from core.bounded_http import BoundedAdapter
from core.mail_addresses import normalize_address

RESPONSE_MAX_BYTES = 200_000
NAME_MAX_LENGTH = 200
EMAIL_MAX_LENGTH = 254
MAX_REDIRECTS = 3


class ClaimsError(ProviderException):
    """An invalid response; the message is for the log."""


def bounded_session(seconds: float = REQUESTS_TIMEOUT) -> requests.Session:
    """Return a session for a provider; ``seconds`` limits each whole response."""
    session = requests.Session()
    session.max_redirects = MAX_REDIRECTS
    for scheme in ("http://", "https://"):
        session.mount(scheme, BoundedAdapter(seconds, RESPONSE_MAX_BYTES))
    return session


class CheckedProvider(OpenIDConnectProvider):
    """django-allauth's provider, which gets validated claims only."""

    package = "allauth.socialaccount.providers.openid_connect"

    def sociallogin_from_response(
        self, request: HttpRequest, response: dict[str, Any]
    ) -> Any:
        """Return the login; raise ``ClaimsError`` for a response without a subject."""
        strings = self.app.settings.get("email_verified_strings") is True
        claims = checked_claims(response, verified_strings=strings)
        login = super().sociallogin_from_response(request, claims)
        login.subject = claims["sub"]
        return login

    def serialize(self) -> dict[str, Any]:
        """Return the data that identifies this provider in a login that waits.

        By its own id: two providers may use the same ``client_id``.
        """
        return {**super().serialize(), "id": self.sub_id}


def checked_claims(
    answers: dict[str, Any], *, verified_strings: bool = False
) -> dict[str, Any]:
    """Return the known claims, with the right types and lengths.

    ``answers`` has a "userinfo", an "id_token" or both. ``verified_strings`` takes
    the string "true" of "email_verified" like the boolean. Raises ``ClaimsError``.
    """
    found = (answers.get(name) for name in ("userinfo", "id_token"))
    told = [claims for claims in found if claims]
    if not told or not all(isinstance(claims, dict) for claims in told):
        raise ClaimsError("The answer is no object.")
    subjects = {_subject(claims.get("sub")) for claims in told}
    if len(subjects) > 1:
        raise ClaimsError("The two answers are about different people.")
    names = {
        name: text
        for claims in reversed(told)
        for name in ("name", "nickname", "preferred_username")
        if (text := _text(claims.get(name)))
    }
    return {"sub": subjects.pop(), **names, **_email(told, verified_strings)}


def _subject(value: object) -> str:
    """Return a subject that section 2 allows; some providers send a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        # Python refuses to write integers of more digits than 4300.
        value = str(value) if abs(value) < 2**64 else None
    if not isinstance(value, str) or not 0 < len(value) <= UID_MAX_LENGTH:
        raise ClaimsError("The subject is missing, no text, or too long.")
    if not value.isascii() or not value.isprintable() or value != value.strip():
        raise ClaimsError("The subject has characters that it must not have.")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(filter(str.isprintable, value[:NAME_MAX_LENGTH])).strip()


def _email(told: list[dict[str, Any]], verified_strings: bool) -> dict[str, Any]:
    """Return the first address, and whether the same response verifies it."""
    for claims in told:
        if address := _address(claims.get("email")):
            said = claims.get("email_verified")
            verified = said is True or (verified_strings and said == "true")
            return {"email": address, "email_verified": verified}
    return {}


def _address(value: object) -> str:
    """Return an address in the form in which it is compared, '' if there is none."""
    if not isinstance(value, str) or not value.isprintable():
        return ""
    if len(value) > EMAIL_MAX_LENGTH:
        return ""
    try:
        address = normalize_address(value)
    except ValueError:
        return ""
    return address if len(address) <= EMAIL_MAX_LENGTH else ""

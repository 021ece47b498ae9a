"""Checks of settings at startup; each error says what to do."""

import os
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

from microblog.settings.addresses import web_address

# Like Django's check security.W009, which only warns.
KEY_LENGTH = 50
KEY_UNIQUE_CHARACTERS = 5
MAKE_A_KEY = (
    "Set it to 50 or more random characters, such as those that this prints: "
    "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'"
)


def required(name: str, advice: str) -> str:
    """Return the variable ``name``; raise ``ImproperlyConfigured`` with ``advice``."""
    value = os.environ.get(name, "")
    if not value.strip(" ,"):
        message = f"The environment variable {name} is not set. {advice}"
        raise ImproperlyConfigured(message)
    return value


def one_of(name: str, value: str, choices: Sequence[str]) -> str:
    """Return ``value``; raise ``ImproperlyConfigured`` unless it is in ``choices``."""
    if value not in choices:
        message = f"{name} is {value!r}. Set it to one of: {', '.join(choices)}."
        raise ImproperlyConfigured(message)
    return value


def check_translator(name: str, url: str) -> None:
    """Raise ``ImproperlyConfigured`` for an unknown or incomplete service."""
    if name:
        one_of("TRANSLATOR", name, ("azure", "libretranslate", "deepl"))
    if name == "libretranslate" and not url:
        message = "TRANSLATOR is libretranslate. Set TRANSLATOR_URL to its address."
        raise ImproperlyConfigured(message)


def check_secret_key(key: str) -> None:
    """Raise ``ImproperlyConfigured`` for a key that could be guessed."""
    if len(key) < KEY_LENGTH:
        message = f"SECRET_KEY has {len(key)} characters. {MAKE_A_KEY}"
        raise ImproperlyConfigured(message)
    weak = len(set(key)) < KEY_UNIQUE_CHARACTERS or key.startswith("django-insecure-")
    if weak:
        message = f"SECRET_KEY is not random. {MAKE_A_KEY}"
        raise ImproperlyConfigured(message)


def site_url(given: str, hosts: Sequence[str], scheme: str, prefix: str) -> str:
    """Return the URL for links in mails, which no request can change.

    Without ``SITE_URL`` it is the first of ``hosts``, if that is a single host, with
    the sub-path ``prefix``. Raises ``ImproperlyConfigured`` if there is none, or if
    ``given`` is no URL.
    """
    if given:
        return web_address("SITE_URL", given)
    first = hosts[0].strip()
    if "*" in hosts or not first or first.startswith("."):
        message = (
            "ALLOWED_HOSTS does not say which address the site has. Set SITE_URL to "
            "it, such as https://microblog.example.com: links in mails begin with it."
        )
        raise ImproperlyConfigured(message)
    return f"{scheme}://{first}{prefix.rstrip('/')}"

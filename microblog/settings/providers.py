"""What ``OIDC_PROVIDERS`` means for django-allauth and for browsers.

A provider has ``id``, ``name``, ``server_url``, ``client_id`` and ``secret``; it may
have ``login_url`` and ``email_verified_strings``.
"""

from typing import Any
from urllib.parse import urlsplit


def provider_apps(providers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the ``APPS`` of django-allauth's provider ``openid_connect``."""
    return [
        {
            "provider_id": provider["id"],
            "name": provider["name"],
            "client_id": provider["client_id"],
            "secret": provider["secret"],
            "settings": {
                "server_url": provider["server_url"],
                "email_verified_strings": provider.get("email_verified_strings"),
            },
        }
        for provider in providers
    ]


def provider_origins(providers: list[dict[str, Any]]) -> list[str]:
    """Return where a login form may lead: browsers apply form-action to redirects."""
    return [
        "{0.scheme}://{0.netloc}".format(urlsplit(provider[address]))
        for provider in providers
        for address in ("server_url", "login_url")
        if provider.get(address)
    ]

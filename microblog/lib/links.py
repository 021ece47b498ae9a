"""Addresses for mails and feeds, which are read outside the site."""

from django.conf import settings
from django.urls import get_script_prefix


def absolute_url(path: str) -> str:
    """Return the full address of a path made by ``reverse``.

    ``SITE_URL`` ends with the sub-path, if the site lives under one.
    """
    prefix = get_script_prefix().rstrip("/")
    return f"{settings.SITE_URL}{path.removeprefix(prefix)}"

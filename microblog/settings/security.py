"""The Content-Security-Policy: nothing from other hosts but what is named."""

from typing import Any


def content_security_policy(images: list[str], forms: list[str]) -> dict[str, Any]:
    """Return django-csp's setting.

    ``images`` are further hosts of images, ``forms`` those that a form may lead to.
    """
    return {
        "EXCLUDE_URL_PREFIXES": [],
        "DIRECTIVES": {
            "default-src": ["'self'"],
            "img-src": ["'self'", "data:", *images],
            "object-src": ["'none'"],
            "base-uri": ["'none'"],
            "frame-ancestors": ["'none'"],
            "form-action": ["'self'", *forms],
        },
    }

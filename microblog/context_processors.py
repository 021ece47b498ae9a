"""Context processors."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from accounts.languages import site_languages
from accounts.sign_ups import can_sign_up
from core.htmx import nonce_of
from core.links import nearest_page
from core.transactions import SAFE_METHODS
from posts.language_detection import base_language
from search.query import LONGEST_SHOWN


def site(request: HttpRequest) -> dict[str, object]:
    """Return the site, its languages, the reader's language, the page, its nonce."""
    path = request.get_full_path()
    return {
        "SITE_NAME": settings.SITE_NAME,
        "SEARCH_MAX_LENGTH": LONGEST_SHOWN,
        "SITE_LANGUAGES": site_languages(),
        "PUBLIC_READING": settings.PUBLIC_READING,
        # A callable, for the templates that show the link.
        "CAN_SIGN_UP": partial(can_sign_up, request),
        "READER_LANGUAGE": base_language(get_language() or settings.LANGUAGE_CODE),
        "PAGE_PATH": path if request.method in SAFE_METHODS else nearest_page(path),
        "HTMX_NONCE": nonce_of(request),
    }

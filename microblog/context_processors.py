"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from accounts.languages import site_languages
from core.actions import nearest_page
from core.transactions import SAFE_METHODS
from posts.language import base_language


def site(request: HttpRequest) -> dict[str, object]:
    """Return the site's name and languages, the reader's language, the page."""
    path = request.get_full_path()
    return {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_LANGUAGES": site_languages(),
        "PUBLIC_READING": settings.PUBLIC_READING,
        "READER_LANGUAGE": base_language(get_language() or settings.LANGUAGE_CODE),
        "PAGE_PATH": path if request.method in SAFE_METHODS else nearest_page(path),
    }

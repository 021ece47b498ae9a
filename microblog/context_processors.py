"""What every template may use."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from accounts.languages import site_languages
from posts.language import base_language


def site(request: HttpRequest) -> dict[str, object]:
    """Return the site's name and languages, the reader's language, the page."""
    return {
        "SITE_NAME": settings.SITE_NAME,
        "SITE_LANGUAGES": site_languages(),
        "PUBLIC_READING": settings.PUBLIC_READING,
        "READER_LANGUAGE": base_language(get_language() or settings.LANGUAGE_CODE),
        "PAGE_PATH": request.get_full_path(),
    }

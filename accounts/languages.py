"""The site's languages."""

from functools import cache

from django.conf import settings
from django.utils.translation import get_language, get_language_info


def request_language() -> str:
    """Return the language of the current request, '' if unknown."""
    code = get_language() or ""
    return code if code in dict(settings.LANGUAGES) else ""


@cache
def site_languages() -> tuple[tuple[str, str], ...]:
    """Return each language's code and its name in that language."""
    return tuple(
        (code, str(get_language_info(code)["name_local"]).capitalize())
        for code, _ in settings.LANGUAGES
    )

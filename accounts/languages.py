"""The languages that the site speaks."""

from functools import cache

from django.conf import settings
from django.utils.translation import get_language_info


@cache
def site_languages() -> tuple[tuple[str, str], ...]:
    """Return each language's code and its name in that language."""
    return tuple(
        (code, str(get_language_info(code)["name_local"]).capitalize())
        for code, _ in settings.LANGUAGES
    )

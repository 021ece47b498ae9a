"""Reserved nicknames: they sound like the site or its staff."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.urls import URLResolver, get_resolver

from accounts.skeletons import skeleton

# The staff, the mailboxes of RFC 2142, and names that programs use for nobody.
NAMES = frozenset(
    {
    "abuse", "account", "admin", "administrator", "administrators", "anonymous",
    "everybody", "everyone", "favicon.ico", "help", "hostmaster", "info", "media",
    "mod", "moderation", "moderator", "moderators", "mods", "news", "nobody", "noc",
    "none", "null", "official", "owner", "postmaster", "robots.txt", "root",
    "security", "service", "site", "sitemap.xml", "staff", "static", "superuser",
    "support", "sysadmin", "system", "team", "translator", "translators",
    "undefined", "user", "users", "webmaster", "www",
    }
)  # fmt: skip
# Letters that Unicode does not take apart into one of ASCII and a mark.
_WITHOUT_MARK = str.maketrans(
    {
        "\N{LATIN SMALL LETTER D WITH STROKE}": "d",
        "\N{LATIN SMALL LETTER ETH}": "d",
        "\N{LATIN SMALL LETTER H WITH STROKE}": "h",
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "\N{LATIN SMALL LETTER L WITH STROKE}": "l",
        "\N{LATIN SMALL LETTER ENG}": "n",
        "\N{LATIN SMALL LETTER O WITH STROKE}": "o",
        "\N{LATIN SMALL LETTER T WITH STROKE}": "t",
        "\N{LATIN SMALL LETTER AE}": "ae",
        "\N{LATIN SMALL LIGATURE OE}": "oe",
        "\N{LATIN SMALL LETTER THORN}": "th",
    }
)
_SEGMENT = re.compile(r"\^?([A-Za-z0-9_.\\-]+)")


def is_reserved(nickname: str) -> bool:
    """Return whether a nickname is reserved, or looks like one that is."""
    return skeleton(nickname) in _skeletons(
        settings.ROOT_URLCONF,
        (settings.SITE_NAME, settings.STATIC_URL, *settings.RESERVED_NICKNAMES),
    )


@cache
def _skeletons(urlconf: str, names: tuple[str, ...]) -> frozenset[str]:
    segments = _first_segments(get_resolver(urlconf).url_patterns)
    found = {skeleton(_letters(name)) for name in (*NAMES, *segments, *names)}
    return frozenset(found - {""})


def _letters(name: str) -> str:
    """Return the characters of ``name`` that a nickname can have.

    Without accents, as people write who cannot type them: "Café Müller" is cafemuller.
    """
    text = unicodedata.normalize("NFKD", name.casefold()).translate(_WITHOUT_MARK)
    return re.sub(r"[^a-z0-9]", "", text)


def _first_segments(patterns: list[Any]) -> Iterator[str]:
    """Yield the first segment of each URL pattern."""
    for pattern in patterns:
        route = str(pattern.pattern)
        if match := _SEGMENT.match(route):
            yield match[1].replace("\\", "")
        elif isinstance(pattern, URLResolver) and route in {"", "^"}:
            yield from _first_segments(pattern.url_patterns)

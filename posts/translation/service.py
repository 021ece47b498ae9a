"""One translation per post and language, asked for once."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from posts.language import base_language
from posts.models import Post, Translation
from posts.translation.backends import BACKENDS
from posts.translation.errors import (
    NotConfigured,
    ServiceUnreachable,
    TranslationError,
)

__all__ = [
    "NotConfigured",
    "ServiceUnreachable",
    "Translated",
    "TranslationError",
    "translate_post",
]

TRANSLATION_MAX_LENGTH = 2000


@dataclass(frozen=True)
class Translated:
    """A post's text in the reader's language, and who translated it."""

    text: str
    language: str
    service: str


def stored_translation(post: Post, reader_language: str) -> Translated | None:
    """Return what was translated into the reader's language before, or None."""
    language = base_language(reader_language)
    row = Translation.objects.filter(post=post, language=language).first()
    return Translated(row.text, row.language, row.service) if row else None


def translate_post(post: Post, reader_language: str) -> Translated:
    """Return the post in the reader's language by the service, and keep it.

    Raises ``NotConfigured``, ``ServiceUnreachable`` or ``TranslationError``.
    """
    language = base_language(reader_language)
    if settings.TRANSLATOR not in BACKENDS or not (
        settings.TRANSLATOR_KEY or settings.TRANSLATOR_URL
    ):
        raise NotConfigured
    service, backend = BACKENDS[settings.TRANSLATOR]
    try:
        text = backend(post.body, post.language, language).strip()
    except (LookupError, TypeError, ValueError) as error:
        reason = f"{service} answered in a form that it does not document."
        raise TranslationError(reason) from error
    if not text or len(text) > TRANSLATION_MAX_LENGTH:
        reason = f"{service} answered with a text of {len(text)} characters."
        raise TranslationError(reason)
    Translation.objects.get_or_create(
        post=post, language=language, defaults={"text": text, "service": service}
    )
    return Translated(text, language, service)

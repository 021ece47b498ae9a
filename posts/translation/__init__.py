"""Translation of posts by one of several services behind one interface."""

from posts.translation.service import (
    NotConfigured,
    ServiceUnreachable,
    TranslatedText,
    TranslationError,
    TranslationInProgress,
    stored_translation,
    translate_post,
)

__all__ = [
    "NotConfigured",
    "ServiceUnreachable",
    "TranslatedText",
    "TranslationError",
    "TranslationInProgress",
    "stored_translation",
    "translate_post",
]

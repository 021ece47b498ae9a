"""Translation of posts by one of several services behind one interface."""

from posts.translation.service import (
    BeingTranslated,
    NotConfigured,
    ServiceUnreachable,
    Translated,
    TranslationError,
    stored_translation,
    translate_post,
)

__all__ = [
    "BeingTranslated",
    "NotConfigured",
    "ServiceUnreachable",
    "Translated",
    "TranslationError",
    "stored_translation",
    "translate_post",
]

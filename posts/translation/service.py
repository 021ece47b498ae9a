"""One stored translation per post and language."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from core.ids import MAX_AHEAD
from core.text import clean_text
from posts.language_detection import base_language
from posts.models import TRANSLATION_MAX_LENGTH, Post, Translation
from posts.translation.backends import BACKENDS
from posts.translation.errors import (
    NotConfigured,
    ServiceUnreachable,
    TranslationError,
    TranslationInProgress,
)

__all__ = [
    "NotConfigured",
    "ServiceUnreachable",
    "TranslatedText",
    "TranslationError",
    "TranslationInProgress",
    "translate_post",
]

POLL_SECONDS = 0.1  # seconds
# Multiples of TRANSLATOR_TIMEOUT: the time to connect, to the first byte, and to the
# last.
LEASE_TIMEOUTS = 4
LEASE_MINIMUM = timedelta(seconds=10)


@dataclass(frozen=True)
class TranslatedText:
    """A post's text in the reader's language, and the service that translated it."""

    text: str
    language: str
    service: str


def stored_translation(post: Post, reader_language: str) -> TranslatedText | None:
    """Return the stored translation into the reader's language, or None."""
    language = base_language(reader_language)
    row = Translation.objects.filter(post=post, language=language).first()
    # Not in the query: MariaDB's collations take a lone accent for "".
    if row is None or not row.text:
        return None
    return TranslatedText(row.text, row.language, row.service)


def translate_post(post: Post, reader_language: str) -> TranslatedText:
    """Return the translation into the reader's language, and store it.

    Of several processes that want the same one asks the service, and the others wait
    for it as long as they would for the service. Raises ``NotConfigured``,
    ``ServiceUnreachable``, ``TranslationInProgress`` or ``TranslationError``.
    """
    language = base_language(reader_language)
    if settings.TRANSLATOR not in BACKENDS or not (
        settings.TRANSLATOR_KEY or settings.TRANSLATOR_URL
    ):
        raise NotConfigured
    lease = _take_lease(post, language)
    if lease is None:
        return _await_other(post, language)
    service, _backend = BACKENDS[settings.TRANSLATOR]
    mine = Translation.objects.filter(post=post, language=language, asking_until=lease)
    try:
        text = _ask_service(post, language)
        mine.update(text=text, service=service, asking_until=None)
    finally:
        mine.delete()  # unless it is complete
    return TranslatedText(text, language, service)


def _take_lease(post: Post, language: str) -> datetime | None:
    """Return until when only this process may ask; None if another one does."""
    length = LEASE_TIMEOUTS * timedelta(seconds=settings.TRANSLATOR_TIMEOUT)
    now = timezone.now()
    until = now + max(length, LEASE_MINIMUM)
    rows = Translation.objects.filter(post=post, language=language)
    # A moment beyond any lease is of a clock that has been set right since.
    over = Q(asking_until__lt=now) | Q(asking_until__gt=until + MAX_AHEAD)
    if rows.filter(over, text="").update(asking_until=until):
        return until
    if rows.exists():
        return None
    try:
        with transaction.atomic():
            rows.create(post=post, language=language, asking_until=until)
    except IntegrityError:
        return None
    return until


def _await_other(post: Post, language: str) -> TranslatedText:
    """Return the translation that another process gets, or raise that it failed."""
    deadline = time.monotonic() + settings.TRANSLATOR_TIMEOUT
    rows = Translation.objects.filter(post=post, language=language)
    while row := rows.first():
        if row.text:
            return TranslatedText(row.text, row.language, row.service)
        if time.monotonic() > deadline:
            raise TranslationInProgress
        time.sleep(POLL_SECONDS)
    message = "The process that asked the service has failed."
    raise TranslationError(message)


def _ask_service(post: Post, language: str) -> str:
    service: str
    backend: Callable[[str, str, str], str]
    service, backend = BACKENDS[settings.TRANSLATOR]
    try:
        text = backend(post.body, post.language, language)
        if len(text) <= TRANSLATION_MAX_LENGTH:
            text = clean_text(text)
    except (LookupError, TypeError, ValueError, ValidationError) as error:
        reason = f"{service} answered in a form that it does not document."
        raise TranslationError(reason) from error
    if not text or len(text) > TRANSLATION_MAX_LENGTH:
        reason = f"{service} answered with a text of {len(text)} characters."
        raise TranslationError(reason)
    return text

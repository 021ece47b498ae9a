"""Texts that a translator saved appear in every process without a restart."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation.reloader import translation_file_changed

CHECK_EVERY = 5  # seconds


class FreshCatalogues:
    """Middleware that looks now and then whether a compiled catalogue changed.

    Stands before a language is chosen, because Django forgets that choice, too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Remember how the catalogues are now."""
        self.get_response = get_response
        self._known = dict(self._states())
        self._look_at = time.monotonic() + CHECK_EVERY

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, by the newest texts."""
        if time.monotonic() > self._look_at:
            self._look_at = time.monotonic() + CHECK_EVERY
            self.refresh()
        return self.get_response(request)

    def refresh(self) -> None:
        """Forget the texts in memory if a catalogue changed."""
        now = dict(self._states())
        if now != self._known:
            self._known = now
            for path in now:
                translation_file_changed(None, path)

    def _states(self) -> Iterator[tuple[Path, int]]:
        for folder in settings.LOCALE_PATHS:
            for path in Path(folder).glob("*/LC_MESSAGES/*.mo"):
                yield path, path.stat().st_mtime_ns

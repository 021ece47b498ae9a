"""Loading of the project's catalogues: checked, and without a restart."""

from __future__ import annotations

import gettext
import logging
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import django
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import to_locale

from core import django_internals
from core.django_internals import Loader, wrap_catalogue_loader
from core.plural_forms import TWO_FORMS, PluralForms
from core.translation_rules import Refusal, check_entry

logger = logging.getLogger(__name__)

CHECK_EVERY = 5  # seconds
# Of a compiled catalogue, in bytes.
LARGEST = 5_000_000
# Refused texts that a line of the log names.
NAMED_IN_LOG = 5

_BYTE_ORDERS = {b"\xde\x12\x04\x95": "<", b"\x95\x04\x12\xde": ">"}
# What was logged about each catalogue, so that it is not repeated.
_reported: dict[str, str] = {}


def read_entries(data: bytes) -> Iterator[tuple[str, str]]:
    """Return the pairs of a compiled catalogue, in gettext's own notation.

    Source: "The Format of GNU MO Files" in the manual of GNU gettext. Raises
    ``ValueError`` or ``struct.error`` for anything else, and for other encodings than
    UTF-8.
    """
    order = _BYTE_ORDERS.get(data[:4])
    if order is None or len(data) > LARGEST:
        message = "This is no compiled catalogue, or too large."
        raise ValueError(message)
    count, *tables = struct.unpack_from(f"{order}3I", data, 8)
    left = 2 * len(data)
    for number in range(count):
        pair = []
        for table in tables:
            length, start = struct.unpack_from(f"{order}2I", data, table + 8 * number)
            left -= length
            if start + length > len(data) or left < 0:
                message = "An entry leads out of the catalogue."
                raise ValueError(message)
            pair.append(data[start : start + length].decode())
        yield pair[0], pair[1]


def _header(text: str, name: str) -> str:
    for line in text.splitlines():
        key, _colon, value = line.partition(":")
        if key.strip().lower() == name:
            return value.strip()
    return ""


def _forms_of_django(locale: str) -> PluralForms | None:
    folder = Path(django.__file__).parent / "conf/locale"
    theirs = gettext.translation("django", folder, [locale], fallback=True)
    return PluralForms.parse(theirs.info().get("plural-forms", ""))


class CheckedCatalogue(gettext.GNUTranslations):
    """A compiled catalogue without the texts that ``translation_rules`` refuses.

    Refused texts stay in the source language; the log names them.
    """

    _catalog: dict[str | tuple[str, int], str]

    def _parse(self, fp: IO[bytes]) -> None:  # type: ignore[override]
        """Read the texts; an invalid file has none."""
        path = Path(fp.name)
        self._catalog = {}
        self.plural = TWO_FORMS.index
        try:
            entries = dict(read_entries(fp.read(LARGEST + 1)))
        except (ValueError, struct.error) as error:
            _report(path, f"cannot be read: {error}")
            return
        header = entries.pop("", "")
        forms = PluralForms.parse(_header(header, "plural-forms"))
        if forms is None:
            forms = _forms_of_django(path.parents[1].name) or TWO_FORMS
        self.plural = forms.index
        refused = [
            (key, refusal)
            for key, text in entries.items()
            if (refusal := self._take(key, text, forms))
        ]
        _report(path, _describe(refused))

    def _take(self, key: str, text: str, forms: PluralForms) -> Refusal | None:
        """Add an entry, or return why it is refused."""
        context_and_original, _nul, plural = key.partition("\0")
        original = context_and_original.rpartition("\4")[2]
        texts = text.split("\0") if plural else [text]
        refusal = check_entry(original, plural, texts, forms)
        if refusal:
            return refusal
        if not plural:
            self._catalog[context_and_original] = text
        for number, form in enumerate(texts if plural else ()):
            self._catalog[context_and_original, number] = form
        return None


def _describe(refused: list[tuple[str, Refusal]]) -> str:
    if not refused:
        return ""
    named = [
        f"{key[:60]!a} ({refusal.in_english()!a})"
        for key, refusal in refused[:NAMED_IN_LOG]
    ]
    return f"has {len(refused)} texts that are not used: {', '.join(named)}"


def _report(path: Path, problem: str) -> None:
    if problem and _reported.get(str(path)) != problem:
        logger.warning("The catalogue %s %s", "/".join(path.parts[-3:]), problem)
    _reported[str(path)] = problem


def _is_ours(folder: str | Path) -> bool:
    """Return whether the folder is the project's own, not Django's or a library's."""
    path = Path(folder)
    return path.parent.parent == settings.BASE_DIR or path in [
        Path(ours) for ours in settings.LOCALE_PATHS
    ]


def install() -> None:
    """Make Django load the project's catalogues as ``CheckedCatalogue``."""
    wrap_catalogue_loader(_checked)


def _checked(load: Loader) -> Loader:
    def load_checked(
        self: Any, localedir: str, use_null_fallback: bool = True
    ) -> gettext.NullTranslations:
        if not _is_ours(localedir):
            return load(self, localedir, use_null_fallback)
        try:
            return gettext.translation(
                self.domain,
                localedir,
                [to_locale(self.language())],
                class_=CheckedCatalogue,
                fallback=True,
            )
        except OSError as error:
            _report(Path(localedir), f"cannot be read: {error.strerror}")
            return gettext.NullTranslations()

    return load_checked


_reloads: list[float] = [0.0]


def generation() -> float:
    """Return what changes whenever the texts are read again."""
    return _reloads[-1]


def reload_catalogues() -> None:
    """Read the project's catalogues again, for the languages in use."""
    django_internals.reload_catalogues(CheckedCatalogue)
    _reloads[:] = [time.monotonic()]


class CatalogueWatcher:
    """Reloads compiled catalogues when they change, in a running process."""

    def __init__(self) -> None:
        self._known = dict(self._states())
        self._look_at = time.monotonic()

    def look(self) -> None:
        """Reload the catalogues if one has changed; checks once in a few seconds."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + CHECK_EVERY
        states = dict(self._states())
        if states != self._known:
            self._known = states
            reload_catalogues()

    def _states(self) -> Iterator[tuple[Path, tuple[int, int]]]:
        for folder in settings.LOCALE_PATHS:
            for path in Path(folder).glob("*/LC_MESSAGES/*.mo"):
                try:
                    state = path.stat()
                except OSError:
                    continue
                yield path, (state.st_mtime_ns, state.st_size)


class CatalogueMiddleware(MiddlewareMixin):
    """Reload changed catalogues in server processes.

    Must stand before ``LocaleMiddleware``: a request keeps the texts that it began
    with.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)
        self.watcher = CatalogueWatcher()

    def process_request(self, request: HttpRequest) -> None:
        """Read the texts again if a translator changed them."""
        self.watcher.look()

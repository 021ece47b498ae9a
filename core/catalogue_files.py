"""The project's .po files, as translators edit them."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polib
from django.conf import settings
from django.utils.translation import to_locale

logger = logging.getLogger(__name__)

DOMAINS = ("django", "djangojs")
# The submitted texts of an entry by plural form (None: it has no plural).
Texts = dict[int | None, str]


def project_catalogues(language: str) -> list[Path]:
    """Return the language's .po files in ``LOCALE_PATHS``, without symbolic links."""
    found = []
    for folder in settings.LOCALE_PATHS:
        for domain in DOMAINS:
            path = Path(folder, to_locale(language), "LC_MESSAGES", f"{domain}.po")
            inside = path.resolve().is_relative_to(Path(folder).resolve())
            if inside and path.is_file():
                found.append(path)
    return found


def read_catalogue(path: Path) -> polib.POFile | None:
    """Return the parsed catalogue, or None if it is invalid."""
    try:
        return polib.pofile(str(path))
    except (OSError, ValueError) as error:
        logger.warning("A catalogue cannot be read: %s", error)
        return None


def entry_hash(entry: polib.POEntry) -> str:
    """Return the hash in the name of the entry's form field, as rosetta makes it."""
    text = f"{entry.msgid}{entry.msgstr}{entry.msgctxt or ''}"
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def entry_texts(entry: polib.POEntry) -> list[str]:
    """Return the translations of an entry, one for each plural form."""
    if entry.msgid_plural:
        return [entry.msgstr_plural[form] for form in sorted(entry.msgstr_plural)]
    return [entry.msgstr]


def show(entry: polib.POEntry, texts: Texts) -> None:
    if entry.msgid_plural:
        entry.msgstr_plural = {form or 0: texts[form] for form in texts}
    else:
        entry.msgstr = texts[None]


def update_entry(entry: Any, texts: Texts, *, fuzzy: bool) -> None:
    """Set the texts and the fuzzy flag of an entry, and its new hash."""
    show(entry, texts)
    mark_fuzzy(entry, fuzzy=fuzzy)
    entry.md5hash = entry_hash(entry)


def mark_fuzzy(entry: Any, *, fuzzy: bool) -> None:
    """Mark an entry as one to look at again, or remove the mark."""
    flags = [flag for flag in entry.flags if flag != "fuzzy"]
    entry.flags = [*flags, "fuzzy"] if fuzzy else flags


def replace_file(path: Path, write: Callable[[str], Any]) -> None:
    """Replace a file atomically: write a new one beside ``path``, then rename it.

    Another process may be reading the file. Raises ``OSError``.
    """
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(str(new))
        if path.exists():
            shutil.copymode(path, new)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)

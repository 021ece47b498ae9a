"""Text analysis for the index: folded words, and n-grams of unspaced scripts.

Done here rather than by an engine, so that every engine finds the same: case and
accents do not matter (munchen finds München), and a word of Chinese, Japanese, Thai or
Korean is found inside a longer text, by its characters and pairs of characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

# Scripts written without spaces between words, or with suffixes attached.
_UNSPACED = (
    ("\u0e00", "\u0eff"),  # Thai, Lao
    ("\u1000", "\u109f"),  # Myanmar
    ("\u1100", "\u11ff"),  # Hangul Jamo, into which Hangul is decomposed
    ("\u1780", "\u17ff"),  # Khmer
    ("\u3040", "\u30ff"),  # Hiragana, Katakana
    ("\u3400", "\u9fff"),  # Han
    ("\uac00", "\ud7af"),  # Hangul
    ("\uf900", "\ufaff"),  # Han, compatibility
    ("\U00020000", "\U0003ffff"),  # Han, rare
)
_ACCENTS = ("\u0300", "\u036f")
WORD_MAX_LENGTH = 64


@dataclass(frozen=True)
class Token:
    """A token of a text and its position: ``text[start:end]``."""

    text: str
    start: int
    end: int


@lru_cache(maxsize=4096)
def fold(character: str) -> str:
    """Return one character without case, accent and compatibility form.

    Letters and digits are kept of a form with brackets or spaces inside, such as ⑴ and
    ﷺ.
    """
    decomposed = unicodedata.normalize("NFKD", character.casefold())
    kept = "".join(c for c in decomposed if _kind(c) not in {"accent", "symbol", ""})
    return unicodedata.normalize("NFC", kept)


def _is_unspaced(character: str) -> bool:
    return any(first <= character <= last for first, last in _UNSPACED)


@lru_cache(maxsize=4096)
def _kind(character: str) -> str:
    """Return the kind of a character: word, unspaced, accent, symbol, or ''."""
    if _ACCENTS[0] <= character <= _ACCENTS[1]:
        return "accent"
    category = unicodedata.category(character)
    if category[0] in "LNM" or character == "_":
        return "unspaced" if _is_unspaced(character) else "word"
    return "symbol" if category == "So" else ""


def _code(text: str) -> str:
    """Return an ASCII word for text of a script that engines tokenise differently."""
    return "c" + "".join(f"{ord(character):05x}" for character in text)


def _runs(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield kind, start and end of each run of characters of one kind."""
    start, kind = 0, ""
    for position, character in enumerate(text):
        new = _kind(character)
        if new == "accent" and kind:
            continue
        if new != kind or kind == "symbol":
            if kind:
                yield kind, start, position
            start, kind = position, new
    if kind:
        yield kind, start, len(text)


def tokens(text: str) -> Iterator[Token]:
    for kind, start, end in _runs(text):
        if kind == "word":
            word = "".join(map(fold, text[start:end]))[:WORD_MAX_LENGTH]
            if word:
                yield Token(word, start, end)
        elif kind == "symbol":
            yield Token(_code(text[start]), start, end)
        elif kind == "unspaced":
            yield from _pieces(text, start, end)


def _pieces(text: str, start: int, end: int) -> Iterator[Token]:
    """Yield each character of an unspaced run, then each pair of neighbours."""
    for size in (1, 2):
        for first in range(start, end - size + 1):
            last = first + size
            piece = "".join(map(fold, text[first:last]))
            yield Token(_code(piece), first, last)


def index_text(text: str) -> str:
    """Return the tokens of a text, separated by spaces, for the index."""
    return " ".join(token.text for token in tokens(text))


def query_tokens(text: str) -> list[str]:
    """Return the tokens that a text must contain to match this word or phrase.

    Pairs are enough for an unspaced run; a single character is its own token.
    """
    found: list[str] = []
    for kind, start, end in _runs(text):
        pieces = list(tokens(text[start:end]))
        if kind == "unspaced" and end - start > 1:
            pieces = pieces[end - start :]
        found.extend(piece.text for piece in pieces)
    return found

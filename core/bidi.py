"""Bidirectional texts that cannot reorder the text around them.

Source: the Unicode Bidirectional Algorithm (UAX 9). Its section 2.7 recommends
isolates in place of the older embeddings and overrides.
"""

import unicodedata

FIRST_STRONG_ISOLATE = "\u2068"
POP_ISOLATE = "\u2069"

# Embeddings and overrides become the isolate of the same direction. An override also
# reverses the letters inside, so that "gpj.exe" reads "exe.jpg": an isolate leaves each
# letter its own direction.
_OPENING = {
    "\u202a": "\u2066",
    "\u202d": "\u2066",
    "\u2066": "\u2066",
    "\u202b": "\u2067",
    "\u202e": "\u2067",
    "\u2067": "\u2067",
    "\u2068": "\u2068",
}
_POP_EMBEDDING = "\u202c"
_ISOLATES = frozenset("\u2066\u2067\u2068")
_CONTROLS = frozenset(_OPENING) | {_POP_EMBEDDING, POP_ISOLATE}
_STRONG_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_MARKS = frozenset("\u200e\u200f\u061c")


def balance(text: str) -> str:
    """Return ``text`` with embeddings and overrides as isolates, each one closed.

    Closing characters without an opening one are removed. Each line is a paragraph of
    its own, at whose end a renderer closes everything.
    """
    if _CONTROLS.isdisjoint(text):
        return text
    return "\n".join(_balance_line(line) for line in text.split("\n"))


def _balance_line(line: str) -> str:
    characters: list[str] = []
    open_: list[str] = []
    isolates = 0
    for character in line:
        if character in _OPENING:
            open_.append(character)
            isolates += character in _ISOLATES
            characters.append(_OPENING[character])
        elif character == _POP_EMBEDDING:
            # By the algorithm, it never closes an isolate.
            if open_ and open_[-1] not in _ISOLATES:
                open_.pop()
                characters.append(POP_ISOLATE)
        elif character == POP_ISOLATE:
            if isolates:
                isolates -= 1
                characters.extend(_close_isolate(open_))
        else:
            characters.append(character)
    return "".join(characters) + POP_ISOLATE * len(open_)


def _close_isolate(open_: list[str]) -> list[str]:
    """Close the innermost isolate, and the embeddings within it."""
    closed = [POP_ISOLATE]
    while open_.pop() not in _ISOLATES:
        closed.append(POP_ISOLATE)
    return closed


def isolate(text: str) -> str:
    """Return ``text`` for plain text, so that it reorders nothing outside.

    For mails, titles, feeds and rows of the admin; in HTML, ``dir="auto"`` and
    ``<bdi>`` do the same. A left-to-right text is returned unchanged.
    """
    lines = balance(text).split("\n")
    return "\n".join(
        f"{FIRST_STRONG_ISOLATE}{line}{POP_ISOLATE}" if _may_reorder(line) else line
        for line in lines
    )


def _may_reorder(line: str) -> bool:
    return not line.isascii() and any(
        character in _CONTROLS
        or character in _MARKS
        or unicodedata.bidirectional(character) in _STRONG_RIGHT_TO_LEFT
        for character in line
    )

"""Cleaning of text from users and services: one normal form, nothing invisible.

Sources: XML 1.0 section 2.2 and the Unicode Standard section 23.7 (noncharacters),
RFC 3629 (surrogates are no characters), HTML's CRLF in form data, and for code points
that show nothing Default_Ignorable_Code_Point in Unicode's DerivedCoreProperties.txt.
"""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.bidi import balance

# Controls except tab and line feed, surrogates, and the 66 noncharacters. Unassigned
# code points are allowed: Unicode may be newer than Python.
_FORBIDDEN_RANGES = r"\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef" + "".join(
    f"{chr(end - 1)}{chr(end)}" for end in range(0xFFFF, 0x110000, 0x10000)
)
_FORBIDDEN = re.compile(f"[{_FORBIDDEN_RANGES}]")
# Default_Ignorable_Code_Point, 4,174 code points; Python's unicodedata lacks it.
DEFAULT_IGNORABLE = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F),
    (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
# Blank although Unicode counts them as graphic: the Braille blank, the musical null
# note head, the Khitan filler, Egyptian blanks; and annotation marks.
_WITHOUT_INK = (
    (0x2800, 0x2800), (0x1D159, 0x1D159), (0x16FE4, 0x16FE4), (0x13441, 0x13442),
    (0xFFF9, 0xFFFB),
)  # fmt: skip
_NOTHING_TO_SEE = re.compile(
    r"[\s{}]*".format(
        "".join(
            f"{chr(first)}-{chr(last)}"
            for first, last in (*DEFAULT_IGNORABLE, *_WITHOUT_INK)
        )
    )
)
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
_REPLACEMENT = "\ufffd"
MAX_EMPTY_LINES = 2
# A multiple of the limit: longer texts are refused before each character is checked.
_LONGEST = 10

FORBIDDEN_CHARACTERS = _(
    "This text has invisible control characters. Please remove them and try again."
)

TOO_LONG = _("Please use at most %(limit)d characters; this text has %(length)d.")


def is_invisible(text: str) -> bool:
    """Return whether the text is invisible."""
    return _NOTHING_TO_SEE.fullmatch(text) is not None


def validate_characters(text: str) -> None:
    """Raise ``ValidationError`` for controls, surrogates and noncharacters."""
    if _FORBIDDEN.search(text):
        raise ValidationError(FORBIDDEN_CHARACTERS, code="control_characters")


def clean_text(text: str) -> str:
    """Return ``text`` with LF line ends, stripped, without long gaps.

    Overrides and embeddings of direction become isolates, each one closed. Raises
    ``ValidationError`` like ``validate_characters``. An invisible text becomes ''.
    """
    normal = _LINE_ENDS.sub("\n", text).strip()
    validate_characters(normal)
    if is_invisible(normal):
        return ""
    return balance(_without_gaps(normal))


def replace_forbidden(text: str) -> str:
    """Return ``text`` from a source that cannot correct it, cleaned for display.

    Like ``clean_text``, but forbidden characters become U+FFFD.
    """
    return balance(_FORBIDDEN.sub(_REPLACEMENT, _LINE_ENDS.sub("\n", text)))


def _without_gaps(text: str) -> str:
    """Keep at most ``MAX_EMPTY_LINES`` blank lines in a row."""
    kept: list[str] = []
    empty = 0
    for line in text.split("\n"):
        empty = empty + 1 if is_invisible(line) else 0
        if empty <= MAX_EMPTY_LINES:
            kept.append(line)
    return "\n".join(kept)


class CleanTextField(forms.CharField):
    """A text of at most ``limit`` code points, counted after cleaning.

    No ``maxlength`` in the page: browsers count UTF-16 units, and CRLF as two.
    """

    widget = forms.Textarea

    def __init__(self, *, limit: int, **options: Any) -> None:
        super().__init__(**options)
        self.limit = limit

    def to_python(self, value: Any) -> str:
        text = str(value or "")
        if len(text.strip()) > _LONGEST * self.limit:
            raise self._too_long(len(text))
        return clean_text(text)

    def validate(self, value: str) -> None:
        super().validate(value)
        if len(value) > self.limit:
            raise self._too_long(len(value))

    def _too_long(self, length: int) -> ValidationError:
        params = {"limit": self.limit, "length": length}
        return ValidationError(TOO_LONG, code="max_length", params=params)

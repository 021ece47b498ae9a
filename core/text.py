"""What people may write: one normal form, and nothing that deceives or breaks.

Sources: Unicode Technical Report 36 (bidirectional overrides that show text in
another order), RFC 3629 (surrogates are no characters), HTML's CRLF in form data.
"""

import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

_KEPT_CONTROLS = frozenset("\n\t")
_BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\u2800\u3164\u115f\u1160")

FORBIDDEN_CHARACTERS = _(
    "This text has invisible control characters. Please remove them and try again."
)

TOO_LONG = _("Please use at most %(limit)d characters; this text has %(length)d.")


def clean_text(text: str) -> str:
    """Return ``text`` with LF line ends, without blank edges.

    Raises ``ValidationError`` for control characters, bidirectional overrides and
    embeddings, and lone surrogates. A text that shows nothing comes back as ''.
    """
    normal = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    for character in normal:
        if character in _BIDI_OVERRIDES or (
            character not in _KEPT_CONTROLS
            and unicodedata.category(character) in {"Cc", "Cs"}
        ):
            raise ValidationError(FORBIDDEN_CHARACTERS, code="control_characters")
    if all(character in _INVISIBLE or character.isspace() for character in normal):
        return ""
    return normal


class CleanTextField(forms.CharField):
    """A text of at most ``limit`` code points, counted after it is made normal.

    No ``maxlength`` in the page: browsers count UTF-16 units, and CRLF as two.
    """

    widget = forms.Textarea

    def __init__(self, *, limit: int, **options: Any) -> None:
        """Take what any ``CharField`` takes, and the limit."""
        super().__init__(**options)
        self.limit = limit

    def to_python(self, value: str | None) -> str:
        """Return the text in its normal form."""
        return clean_text(value or "")

    def validate(self, value: str) -> None:
        """Raise ``ValidationError`` for a text that is missing or too long."""
        super().validate(value)
        if len(value) > self.limit:
            params = {"limit": self.limit, "length": len(value)}
            raise ValidationError(TOO_LONG, code="max_length", params=params)

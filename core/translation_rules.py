"""Rules for translations: the same content as the original, and nothing unsafe.

Templates render translations unescaped, and ``%`` fills them in, so a translation with
markup, links or placeholders of its own could do what only the site's code may. Each
rule compares a translation with its original (gettext's ``msgid``).

Sources: Unicode Technical Report 36 (invisible and bidirectional characters); GNU
gettext's ``msgfmt --check`` (placeholders, plural forms, line breaks).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext, gettext_noop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from core.plural_forms import PluralForms

# Longer texts are no translations.
LONGEST_FACTOR, LONGEST_EXTRA = 3, 100
_SHOWN = 40  # characters of what was found

# Persian and Indic scripts need the joiners.
_JOINERS = frozenset("\u200c\u200d")
# Letters and symbols by category, but invisible.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_PERCENT = re.compile(
    r"%(?:\([^()]*\))?"
    r"(?:[-#0 +]{0,5}(?:\*|\d{1,4})?(?:\.(?:\*|\d{1,4}))?[hlL]?[diouxXeEfFgGcrsa%])?"
)
_BRACE = re.compile(r"\{[^{}]*\}|[{}]")
# Most texts have only these characters, which only the rule on size checks.
_PLAIN = re.compile(r"(?:[^\W_]|[ ,;!?¡¿…’“”«»()–-]|\.(?!\S))*")
_TAG = re.compile(r"<[^<>]*>")
# An apostrophe is between letters (l'heure); any other one could end an attribute.
_MARKUP = re.compile(r"""<[^<>]*>|&[#\w]+;?|[<>"`=\\]|(?<!\w)'|'(?![\w%{])""")
_LINK_HINT = re.compile(r"[.:]\S|//|@")
# Replaces a placeholder while links are searched: neither letter nor space.
_OBJECT = "\ufffc"
_LINK = re.compile(
    r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]*:(?=\S)"
    r"|//"
    r"|@"
    rf"|(?<![\w{_OBJECT}.-])[\w{_OBJECT}-]+(?:\.[\w-]+)*\.[^\W\d_][\w-]+"
)


@dataclass(frozen=True)
class Refusal:
    """Why a translation is not used."""

    reason: str
    found: str = ""

    def __str__(self) -> str:
        """Return the reason in the translator's language."""
        return gettext(self.reason) % {"found": self.found}

    def in_english(self) -> str:
        """Return the reason for the log, also while catalogues are being loaded."""
        return self.reason % {"found": self.found}


def _refuse(reason: str, found: str | Iterable[str] = "") -> Refusal:
    text = found if isinstance(found, str) else " ".join(sorted(found))
    return Refusal(reason, text[:_SHOWN])


def _characters(original: str, text: str) -> Refusal | None:
    if text.isprintable():
        return None
    for character in text:
        if (
            not character.isprintable()
            and unicodedata.category(character) != "Zs"
            and character not in _JOINERS
            and character not in original
        ):
            if character == "\n":
                return _refuse(gettext_noop("It has a line break, the original none."))
            return _refuse(
                gettext_noop("It has a control character: %(found)s."),
                f"U+{ord(character):04X}",
            )
    return None


def _is_shown(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS" and character not in _BLANK


def _size(original: str, text: str) -> Refusal | None:
    if len(text) > LONGEST_FACTOR * len(original) + LONGEST_EXTRA:
        return _refuse(gettext_noop("It is much longer than the original."))
    if not any(map(_is_shown, text)):
        return _refuse(gettext_noop("It shows nothing."))
    return None


def _braces(text: str) -> set[tuple[str, int]]:
    """Return the fields of str.format, and the number of single braces."""
    counted = Counter(_BRACE.findall(text))
    return {(each, len(each) > 1 or times) for each, times in counted.items()}


def _is_positional(placeholder: str) -> bool:
    return placeholder[1:2] not in ("(", "%", "")


def _placeholders(original: str, text: str) -> Refusal | None:
    if "%" not in text + original and "{" not in text + original and "}" not in text:
        return None
    wanted, found = _PERCENT.findall(original), _PERCENT.findall(text)
    differing = set(wanted) ^ set(found)
    if not differing:
        # Those without a name are filled in by position.
        order = [list(filter(_is_positional, each)) for each in (wanted, found)]
        differing = set(found) if order[0] != order[1] else set()
    if not differing:
        differing = {each for each, _times in _braces(original) ^ _braces(text)}
    if differing:
        return _refuse(
            gettext_noop("Its placeholders are not those of the original: %(found)s."),
            differing,
        )
    return None


def _markup(original: str, text: str) -> Refusal | None:
    added = Counter(_MARKUP.findall(text)) - Counter(_MARKUP.findall(original))
    if added:
        return _refuse(
            gettext_noop(
                "It has markup or quotation marks that the original lacks: %(found)s. "
                "Please use the typographic marks of your language."
            ),
            added,
        )
    lost = Counter(_TAG.findall(original)) - Counter(_TAG.findall(text))
    if lost:
        return _refuse(
            gettext_noop("It lacks markup of the original: %(found)s."), lost
        )
    return None


def _links_in(text: str) -> Counter[str]:
    bare = _BRACE.sub(_OBJECT, _PERCENT.sub(_OBJECT, _TAG.sub(" ", text)))
    return Counter(_LINK.findall(bare))


def _links(original: str, text: str) -> Refusal | None:
    if not _LINK_HINT.search(text):
        return None
    added = _links_in(text) - _links_in(original)
    if added:
        return _refuse(
            gettext_noop(
                "It has a link or an address that the original lacks: %(found)s. "
                "Put a space after a full stop or a colon."
            ),
            (link.replace(_OBJECT, "…") for link in added),
        )
    return None


_RULES: tuple[Callable[[str, str], Refusal | None], ...] = (
    _size,
    _characters,
    _placeholders,
    _markup,
    _links,
)


def check_text(original: str, text: str) -> Refusal | None:
    """Return why ``text`` is refused as translation of ``original``, or None."""
    for rule in _RULES:
        refusal = rule(original, text)
        if refusal:
            return refusal
        if rule is _size and _PLAIN.fullmatch(text) and _PLAIN.fullmatch(original):
            return None
    return None


def check_entry(
    original: str, plural: str, texts: Sequence[str], forms: PluralForms
) -> Refusal | None:
    """Return why an entry of a catalogue is refused, or None.

    ``plural`` is the original's plural (``msgid_plural``) or '', ``texts`` are its
    translations, one for each plural form. A form for few numbers may omit the number,
    where the original's singular does so.
    """
    if not plural:
        return check_text(original, texts[0])
    if len(texts) != forms.count:
        return _refuse(
            gettext_noop("It needs %(found)s plural forms, all filled in."),
            str(forms.count),
        )
    for number, text in enumerate(texts):
        refusal = check_text(plural, text)
        if refusal and number in forms.few:
            refusal = check_text(original, text) and refusal
        if refusal:
            return refusal
    return None

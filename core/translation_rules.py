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
# Most texts have only these characters, which only the rule on size checks. (The
# numbers left out contain a full stop.)
_PLAIN = re.compile(r"(?:[^\W_\u2488-\u249b\U0001f100]|[ ,;!?¡¿…’“”«»()–-]|\.(?!\S))*")
_TAG = re.compile(r"<[^<>]*>")
# An apostrophe is between letters (l'heure); any other one could end an attribute.
_MARKUP = re.compile(r"""<[^<>]*>|&[#\w]+;?|[<>"`=\\]|(?<!\w)'|'(?![\w%{])""")
_LINK_HINT = re.compile(r"[.:]\S|//|@")
# Replaces a placeholder while links are searched: neither letter nor space.
_OBJECT = "\ufffc"
# Full stops and colons of scripts that write no space after them; before other
# letters than these, nobody reads a link there.
_WIDE_STOP = re.compile("[\u3002\uff0e\uff61](?![A-Za-z0-9\uff10-\uff5a])")
_WIDE_COLON = re.compile("[\ufe13\ufe55\uff1a](?![!-~\uff0f])")
_SCHEME = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z0-9+.-]+:(?=\S)")
# Words of India have marks in them, which are no letters.
_MARKS = "\u0300-\u036f\u0900-\u0963\u0966-\u0dff"
_RUN = re.compile(rf"[\w{_MARKS}{_OBJECT}.-]+")
# A name with a domain of letters, or the four numbers of an IPv4 address.
_HOST = re.compile(
    rf"[\w{_MARKS}{_OBJECT}-]\.[^\W\d_][\w{_MARKS}-]"
    r"|\d{1,3}(?:\.\d{1,3}){3}"
)
# What would become a part of a name or address beside it.
_JOINED = frozenset(("Lu", "Ll", "Lt", "Nd"))
_JOINED_BEFORE, _JOINED_AFTER = "_-", "_/?#&="


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


def _without_joiners(text: str) -> str:
    return "".join(c for c in text if c not in _JOINERS)


def _for_links(text: str) -> str:
    """Return ``text`` without markup and placeholders, as browsers read addresses.

    They take ``evil\u3002com`` and full-width letters for ``evil.com`` (UTS 46).
    """
    bare = _BRACE.sub(_OBJECT, _PERCENT.sub(_OBJECT, _TAG.sub(" ", text)))
    bare = _WIDE_COLON.sub(" ", _WIDE_STOP.sub(" ", _without_joiners(bare)))
    return unicodedata.normalize("NFKC", bare).replace("\u3002", ".")


def _links_in(bare: str) -> Counter[str]:
    found = Counter(
        scheme
        for scheme in _SCHEME.findall(bare)
        if any(map(str.isalpha, scheme))  # a time has none
    )
    for mark in ("//", "@"):
        found[mark] = bare.count(mark)
    runs = (run.strip(".") for run in _RUN.findall(bare))
    found.update(run for run in runs if _HOST.search(run))
    return found


def _links(original: str, text: str) -> Refusal | None:
    bare = _for_links(text)
    if not _LINK_HINT.search(bare):
        return None
    added = _links_in(bare) - _links_in(_for_links(original))
    if added:
        return _refuse(
            gettext_noop(
                "It has a link or an address that the original lacks: %(found)s. "
                "Put a space after a full stop or a colon."
            ),
            (link.replace(_OBJECT, "…") for link in added),
        )
    return None


def _is_text(placeholder: str) -> bool:
    return placeholder[-1] in "sra}" and len(placeholder) > 1


def _joins(character: str, others: str) -> bool:
    normal = unicodedata.normalize("NFKC", character)
    return bool(normal) and (
        unicodedata.category(normal[0]) in _JOINED or normal[0] in others
    )


def _joined(text: str) -> set[str]:
    """Return the placeholders for texts that have a letter or the like beside them.

    Letters without case do not count: their scripts write such words in one.
    """
    found, text = set(), _without_joiners(text)
    for pattern in (_PERCENT, _BRACE):
        last = 0
        for match in pattern.finditer(text):
            start, end = match.span()
            before, after = text[max(start - 1, last) : start], text[end : end + 1]
            last = end
            if _is_text(match[0]) and _joins(before, _JOINED_BEFORE):
                found.add("…" + match[0])
            if _is_text(match[0]) and _joins(after, _JOINED_AFTER):
                found.add(match[0] + "…")
    return found


def _separate(original: str, text: str) -> Refusal | None:
    added = _joined(text) - _joined(original)
    if added:
        return _refuse(
            gettext_noop(
                "It has something directly beside a placeholder, unlike the original: "
                "%(found)s. Put a space there."
            ),
            added,
        )
    return None


_RULES: tuple[Callable[[str, str], Refusal | None], ...] = (
    _size,
    _characters,
    _placeholders,
    _markup,
    _links,
    _separate,
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

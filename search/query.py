"""The query language. Users' text is parsed here, never by an engine.

``one two`` both words, ``OR`` either side, ``AND`` both, ``NOT`` or ``-`` without,
``"several words"`` a phrase, ``from:nickname`` by an author, ``lang:es`` in a language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from search.analysis import query_tokens

MAX_LENGTH = 200
# More than a query may have, so that what is longer is still refused.
LONGEST_SHOWN = 500
MAX_TERMS = 12
_PIECES = re.compile(
    r'(-?)(?:(from|lang):([^\s"]+)|"([^"]*)"?|([^\s"]+))', re.IGNORECASE
)


class QueryError(ValueError):
    """An invalid query; the message is for the reader."""


@dataclass(frozen=True)
class Term:
    """A term of a query: tokens that must all occur, an author or a language."""

    tokens: tuple[str, ...] = ()
    phrase: bool = False
    author: str = ""
    language: str = ""
    negated: bool = False


@dataclass
class Clause:
    """Terms that must all match (``AND``)."""

    terms: list[Term] = field(default_factory=list)

    @property
    def words(self) -> list[Term]:
        return [term for term in self.terms if term.tokens]


@dataclass
class ParsedQuery:
    """Clauses of which one must match (``OR``)."""

    clauses: list[Clause] = field(default_factory=list)

    @property
    def positive_tokens(self) -> frozenset[str]:
        """Return the tokens to highlight in results."""
        return frozenset(
            token
            for clause in self.clauses
            for term in clause.terms
            if not term.negated
            for token in term.tokens
        )

    @property
    def authors(self) -> frozenset[str]:
        """Return the nicknames after ``from:``, in lower case."""
        terms = (term for clause in self.clauses for term in clause.terms)
        return frozenset(term.author for term in terms if term.author)


def parse(text: str) -> ParsedQuery:
    """Parse a query; raise ``QueryError`` if it is invalid or matches everything."""
    if len(text) > MAX_LENGTH:
        raise QueryError(
            _("This search is too long. Please use at most %(limit)d characters.")
            % {"limit": MAX_LENGTH}
        )
    query = ParsedQuery([Clause()])
    negate_next = False
    for piece in _PIECES.finditer(text):
        minus, key, value, phrase, word = piece.groups()
        if word in {"OR", "AND", "NOT"} and not minus:
            if word == "OR":
                query.clauses.append(Clause())
            negate_next = word == "NOT"
            continue
        term = _term(key, value, phrase, word, negated=bool(minus) or negate_next)
        negate_next = False
        if term:
            query.clauses[-1].terms.append(term)
    query.clauses = [clause for clause in query.clauses if clause.terms]
    _check(query)
    return query


def _term(
    key: str | None,
    value: str | None,
    phrase: str | None,
    word: str | None,
    *,
    negated: bool,
) -> Term | None:
    if key and value:
        if key.lower() == "from":
            return Term(author=value.lstrip("@").lower(), negated=negated)
        language = value.lower().partition("-")[0]
        if language.isascii() and language.isalpha():
            return Term(language=language, negated=negated)
        word = f"{key} {value}"  # no language: an ordinary word
    found = tuple(query_tokens(phrase if phrase is not None else word or ""))
    if not found:
        return None
    together = phrase is not None or len(found) > 1
    return Term(tokens=found, phrase=together and len(found) > 1, negated=negated)


def _check(query: ParsedQuery) -> None:
    if not query.clauses:
        raise QueryError(
            _("There is no word to look for. Please write one or more words.")
        )
    if sum(len(clause.terms) for clause in query.clauses) > MAX_TERMS:
        raise QueryError(
            _("This search has too many words. Please use at most %(limit)d.")
            % {"limit": MAX_TERMS}
        )
    if any(all(term.negated for term in clause.terms) for clause in query.clauses):
        raise QueryError(
            _(
                "A search needs at least one word to look for, besides those to "
                "leave out."
            )
        )

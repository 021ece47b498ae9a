"""The posts and users that match a query and that the reader may see."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from functools import reduce
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from haystack.query import SQ, SearchQuerySet

from accounts.models import User
from posts.models import Post
from search.analysis import tokens
from search.search_indexes import author_token

if TYPE_CHECKING:
    from search.query import Clause, ParsedQuery, Term

# =
CANDIDATES = 4
MAX_USERS = 10
NO_AUTHOR = "u0"


def find_posts(query: ParsedQuery) -> list[Post]:
    """Return the newest matching posts, with ``highlighted`` texts."""
    authors = _author_tokens(query)
    sq = _any(_clause(clause, "text", authors) for clause in query.clauses)
    limit = settings.MAX_SEARCH_RESULTS
    found = SearchQuerySet().filter(sq).order_by("-id")[: limit * CANDIDATES]
    keys = [int(result.pk) for result in found if result.model_name == "post"]
    posts = Post.objects.visible().filter(pk__in=keys).select_related("author")
    shown = list(posts.newest_first()[:limit])
    for post in shown:
        post.highlighted = highlight(post.body, query.positive_tokens)  # type: ignore[attr-defined]
    return shown


def find_users(query: ParsedQuery) -> list[User]:
    """Return users whose nickname or about me matches the words."""
    clauses = [
        clause for clause in query.clauses if len(clause.words) == len(clause.terms)
    ]
    if not clauses:
        return []
    sq = _any(_clause(clause, "users", {}) for clause in clauses)
    found = SearchQuerySet().filter(sq).order_by("-id")[: MAX_USERS * CANDIDATES]
    keys = [int(result.pk) for result in found if result.model_name == "user"]
    users = User.objects.visible().filter(pk__in=keys).order_by("-follower_count")
    shown: list[User] = list(users[:MAX_USERS])
    for user in shown:
        user.highlighted = highlight(user.about_me, query.positive_tokens)  # type: ignore[attr-defined]
    return shown


def _author_tokens(query: ParsedQuery) -> dict[str, str]:
    """Return the index's token for each nickname after ``from:``.

    At most one query, and one for each unknown nickname, which may be a former one.
    """
    if not query.authors:
        return {}
    named = (User.objects.visible().named(name) for name in query.authors)
    users = reduce(operator.or_, named)
    found = {
        name.lower(): author_token(pk)
        for pk, name in users.values_list("pk", "username")
    }
    for name in query.authors - found.keys():
        former = User.objects.visible().redirected_from(name)
        if pk := former.values_list("pk", flat=True).first():
            found[name] = author_token(pk)
    return found


def _any(parts: Iterable[SQ]) -> SQ:
    return reduce(operator.or_, parts)


def _clause(clause: Clause, field: str, authors: dict[str, str]) -> SQ:
    """Return haystack's query for a clause; terms that must match come first."""
    terms = sorted(clause.terms, key=lambda term: term.negated)
    parts = (_term(term, field, authors) for term in terms)
    return reduce(operator.and_, parts)


def _term(term: Term, field: str, authors: dict[str, str]) -> SQ:
    if term.author:
        sq = SQ(author=authors.get(term.author, NO_AUTHOR))
    elif term.language:
        sq = SQ(language=term.language)
    elif term.phrase:
        sq = SQ(**{f"{field}__exact": " ".join(term.tokens)})
    else:
        sq = SQ(**{field: term.tokens[0]})
    return ~sq if term.negated else sq


def highlight(text: str, wanted: frozenset[str]) -> SafeString:
    """Return the text, escaped, with ``<mark>`` around what was looked for."""
    marked = bytearray(len(text))
    for token in tokens(text):
        if token.text in wanted:
            marked[token.start : token.end] = b"\1" * (token.end - token.start)
    parts: list[str] = []
    start = 0
    for position in range(1, len(text) + 1):
        if position == len(text) or marked[position] != marked[start]:
            piece = escape(text[start:position])
            parts.append(f"<mark>{piece}</mark>" if marked[start] else piece)
            start = position
    return mark_safe("".join(parts))  # noqa: S308  (each piece is escaped above)

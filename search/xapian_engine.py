"""Xapian behind haystack, for sites of millions of posts.

``xapian_haystack`` stems words and keeps every field four times. Our words are
already cut and folded (``search.analysis``), so they go into the index as they are,
with their places for phrases, and the key of the row as the value to sort by.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from haystack.backends import SearchNode
from haystack.constants import DJANGO_ID, ID
from haystack.models import SearchResult
from haystack.utils import get_identifier

try:
    import xapian
    from xapian_backend import XapianEngine, XapianSearchBackend, XapianSearchQuery
except ImportError as error:
    message = (
        "SEARCH_URL names Xapian, but python3-xapian or xapian-haystack is not "
        "installed. docs/search.md says how."
    )
    raise ImproperlyConfigured(message) from error

FIELDS = ("text", "author", "language", "people")
TERM_MAX_BYTES = 240  # Xapian takes 245
KEY_SLOT = 0
KEY_BYTES = 8
OPEN_ATTEMPTS = 3
WRITE = xapian.DB_CREATE_OR_OPEN | xapian.DB_RETRY_LOCK


def _term(field: str, word: str) -> bytes:
    """Return the term of a word in a field."""
    return f"X{field.upper()}:{word}".encode()[:TERM_MAX_BYTES]


def _id_term(identifier: str) -> str:
    return f"Q{identifier}"


def _document(fields: dict[str, Any]) -> xapian.Document:
    """Return the document of what an index prepared."""
    document = xapian.Document()
    document.set_data(fields[ID])
    document.add_boolean_term(_id_term(fields[ID]))
    key = int(fields[DJANGO_ID]).to_bytes(KEY_BYTES, "big")
    document.add_value(KEY_SLOT, key)
    for field in FIELDS:
        for place, word in enumerate(fields.get(field, "").split(), 1):
            document.add_posting(_term(field, word), place)
    return document


class Backend(XapianSearchBackend):
    """The backend of ``xapian_haystack`` with documents and a search of our own."""

    def update(self, index: Any, iterable: Iterable[Any], commit: bool = True) -> None:
        """Write documents by one commit, replacing older versions."""
        self.change([index.full_prepare(obj) for obj in iterable], [])

    def remove(self, obj_or_string: Any, commit: bool = True) -> None:
        """Delete one document."""
        self.change([], [get_identifier(obj_or_string)])

    def change(self, documents: list[dict[str, Any]], removed: Iterable[str]) -> None:
        """Write prepared documents and delete others, all by one commit."""
        database = xapian.WritableDatabase(self.path, WRITE)
        try:
            database.begin_transaction()
            for identifier in removed:
                database.delete_document(_id_term(identifier))
            for fields in documents:
                database.replace_document(_id_term(fields[ID]), _document(fields))
            database.commit_transaction()
        finally:
            database.close()

    def replace_index(self, documents: Iterable[dict[str, Any]]) -> None:
        """Write a whole index beside the old one, then put it in its place."""
        path, fresh = Path(self.path), Path(f"{self.path}.new")
        old = Path(f"{self.path}.old")
        for left_over in (fresh, old):
            shutil.rmtree(left_over, ignore_errors=True)
        fresh.parent.mkdir(parents=True, exist_ok=True)
        database = xapian.WritableDatabase(str(fresh), WRITE)
        for fields in documents:
            database.add_document(_document(fields))
        database.close()
        locked = xapian.WritableDatabase(self.path, WRITE)  # nobody writes meanwhile
        try:
            path.rename(old)
            fresh.rename(path)
        finally:
            locked.close()
        shutil.rmtree(old, ignore_errors=True)

    def identifiers(self) -> Iterator[str]:
        """Yield the identifier of every document."""
        for term in self._database().allterms("Q"):
            yield term.term.decode()[1:]

    def search(
        self,
        query: xapian.Query,
        sort_by: list[str] | None = None,
        start_offset: int = 0,
        end_offset: int | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Return the newest matches from ``start_offset`` to ``end_offset``."""
        end = end_offset if end_offset is not None else start_offset + 50
        for attempt in range(1, OPEN_ATTEMPTS + 1):
            try:
                found = self._newest(query, start_offset, end)
                break
            except xapian.DatabaseModifiedError:  # two commits while it was read
                if attempt == OPEN_ATTEMPTS:
                    raise
        results = [SearchResult(*identifier.split("."), 0) for identifier in found]
        return {"results": results, "hits": start_offset + len(results)}

    def _newest(self, query: xapian.Query, start: int, end: int) -> list[str]:
        enquire = xapian.Enquire(self._database())
        enquire.set_query(query)
        enquire.set_weighting_scheme(xapian.BoolWeight())
        enquire.set_sort_by_value(KEY_SLOT, True)
        matches = enquire.get_mset(start, end - start)
        return [match.document.get_data().decode() for match in matches]

    def _database(self, writable: bool = False) -> xapian.Database:
        """Open the index as it is now; make an empty one where there is none."""
        try:
            return xapian.Database(self.path)
        except xapian.DatabaseOpeningError:
            xapian.WritableDatabase(self.path, WRITE).close()
            return xapian.Database(self.path)


class Query(XapianSearchQuery):
    """From haystack's tree of conditions to Xapian's."""

    def build_params(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return haystack's own parameters: both ends of a slice."""
        params: dict[str, Any] = super(XapianSearchQuery, self).build_params(
            *args, **kwargs
        )
        return params

    def build_query(self) -> xapian.Query:
        """Return the query; all documents without a condition."""
        return _query(self.query_filter) if self.query_filter else xapian.Query("")


def _query(node: SearchNode) -> xapian.Query:
    """Return the query of a node of conditions, which may be negated."""
    parts = [
        _query(child)
        if isinstance(child, SearchNode)
        else _words(node.split_expression(child[0])[0], str(child[1]))
        for child in node.children
    ]
    either = node.connector == SearchNode.OR
    operator = xapian.Query.OP_OR if either else xapian.Query.OP_AND
    query = xapian.Query(operator, parts)
    if node.negated:
        query = xapian.Query(xapian.Query.OP_AND_NOT, xapian.Query(""), query)
    return query


def _words(field: str, words: str) -> xapian.Query:
    """Return the query of words that stand together in a field."""
    terms = [_term(field, word) for word in words.split()]
    return xapian.Query(xapian.Query.OP_PHRASE, terms)


class Engine(XapianEngine):
    """What ``HAYSTACK_CONNECTIONS`` names."""

    backend = Backend
    query = Query

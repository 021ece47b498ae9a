"""A haystack backend for Xapian: newest first and with a time limit.

xapian-haystack's own backend stems words, drops phrases inside a text and sorts every
match. Here the tokens of ``search.analysis`` are the terms, unchanged, and newer
documents have smaller numbers: Xapian reads a term from its smallest number, so it can
stop when it has found enough. Documents are in windows, each with its own term; after
``time_limit`` no further window is searched, and the matches until then are shown.

The folder of the index contains a stub, Xapian's file that names the database, so that
a new index replaces the old one in one step.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from django.core.exceptions import ImproperlyConfigured
from haystack.backends import BaseEngine, BaseSearchQuery, SearchNode
from haystack.constants import DJANGO_CT, DJANGO_ID, ID
from haystack.models import SearchResult
from haystack.utils import get_identifier

try:
    import xapian
    from xapian_backend import TERM_PREFIXES, XapianSearchBackend
except ImportError as error:
    message = (
        "SEARCH_URL names Xapian, but python3-xapian or xapian-haystack is not "
        "installed. docs/search.md says how."
    )
    raise ImproperlyConfigured(message) from error

OLDEST = 2**32 - 2  # the number of the first document; Xapian has 32 bits
TERM_BYTES = 240  # Xapian allows 245
OPEN_ATTEMPTS = 10
STUB = "XAPIANDB"
FIRST = "index-first"
LOOKUPS = {"content": xapian.Query.OP_AND, "exact": xapian.Query.OP_PHRASE}
IN_DOCUMENT = {ID, DJANGO_CT, DJANGO_ID}

Found = TypeVar("Found")


def field_term(field: str, word: str) -> bytes:
    """Return the term for a word of a field; too long ones are truncated."""
    term = f"{TERM_PREFIXES['field']}{field.upper()}{word}"
    return term.encode()[:TERM_BYTES]


def identifier_term(identifier: str) -> str:
    """Return the unique term of a document."""
    return f"{TERM_PREFIXES[ID]}{identifier}"


class Backend(XapianSearchBackend):
    """xapian-haystack's backend with its own search and writer."""

    outages = (OSError, xapian.DatabaseError)  # errors that no document causes
    time_limit = 0.7  # seconds
    window = 2**15  # documents; rebuild the index after changing it

    @property
    def stub(self) -> str:
        """Return the path of the stub."""
        return str(Path(self.path) / STUB)

    def update(self, index: Any, iterable: Iterable[Any], commit: bool = True) -> None:
        """Write documents by one commit, replacing older versions."""
        self.change([index.full_prepare(obj) for obj in iterable], [])

    def remove(self, obj_or_string: Any, commit: bool = True) -> None:
        self.change([], [get_identifier(obj_or_string)])

    def change(self, documents: list[dict[str, Any]], removed: Iterable[str]) -> None:
        """Write prepared documents and delete others, all by one commit."""
        folder = Path(self.path)
        _create(folder)
        with _alone(folder) as database:
            database.begin_transaction()  # rolled back if closed before the commit
            for identifier in removed:
                database.delete_document(identifier_term(identifier))
            number = _newest(database)
            for found in documents:
                old = _number(database, found[ID])
                number -= old is None
                self._write(database, number if old is None else old, found)
            database.commit_transaction()

    def replace_index(self, documents: Iterable[dict[str, Any]]) -> None:
        """Write a new index beside the old one, then replace it."""
        folder = Path(self.path)
        _create(folder)
        _remove_all_but(folder, _current(folder))
        fresh = folder / f"index-{secrets.token_hex(4)}"
        with closing(xapian.WritableDatabase(str(fresh), xapian.DB_CREATE)) as database:
            for back, found in enumerate(documents):
                self._write(database, OLDEST - back, found)
        stub = folder / f"{STUB}.new"
        stub.write_text(f"auto {fresh.name}\n")
        with _alone(folder):
            stub.replace(folder / STUB)
        _remove_all_but(folder, fresh.name)

    def document_count(self) -> int:
        """Return the number of documents, which the index knows."""
        count: int = self._read(lambda database: database.get_doccount())
        return count

    def identifiers(self) -> list[str]:
        """Return the identifier of every document."""
        prefix = TERM_PREFIXES[ID]

        def all_of(database: xapian.Database) -> list[str]:
            terms = database.allterms(prefix)
            return [term.term[len(prefix) :].decode() for term in terms]

        return self._read(all_of)

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
        found = self._read(lambda database: self._newest_matches(database, query, end))
        return {"results": found[start_offset:], "hits": len(found)}

    def _newest_matches(
        self, database: xapian.Database, query: xapian.Query, count: int
    ) -> list[SearchResult]:
        """Return the newest ``count`` documents that match, window by window."""
        deadline = time.monotonic() + self.time_limit
        enquire = xapian.Enquire(database)
        enquire.set_weighting_scheme(xapian.BoolWeight())
        results: list[SearchResult] = []
        first, last = _newest(database), database.get_lastdocid()
        for number in range(first // self.window, last // self.window + 1):
            inside = xapian.Query(_window_term(number))
            enquire.set_query(xapian.Query(xapian.Query.OP_FILTER, query, inside))
            matches = enquire.get_mset(0, count - len(results))
            results.extend(_result(match.document) for match in matches)
            if len(results) >= count or time.monotonic() > deadline:
                break
        return results

    def _write(
        self, database: xapian.WritableDatabase, number: int, found: dict[str, Any]
    ) -> None:
        document = xapian.Document()
        document.set_data(found[ID])
        document.add_boolean_term(identifier_term(found[ID]))
        document.add_boolean_term(_window_term(number // self.window))
        for field in found.keys() - IN_DOCUMENT:
            for position, word in enumerate((found[field] or "").split()):
                document.add_posting(field_term(field, word), position)
        database.replace_document(number, document)

    def _read(self, read: Callable[[xapian.Database], Found]) -> Found:
        """Return the result of ``read`` for the newest commit.

        Opening costs less than checking whether it is needed. Two commits, or a
        rebuild, remove what is being read: then it is read again.
        """
        for _attempt in range(OPEN_ATTEMPTS - 1):
            try:
                with closing(xapian.Database(self.stub)) as database:
                    return read(database)
            except xapian.DatabaseNotFoundError:
                _create(Path(self.path))
            except (xapian.DatabaseModifiedError, xapian.DatabaseOpeningError):
                continue
        with closing(xapian.Database(self.stub)) as database:
            return read(database)


@contextmanager
def _alone(folder: Path) -> Iterator[xapian.WritableDatabase]:
    """Open the current database for writing; wait for other writers.

    After waiting for a rebuild, it opens the new database.
    """
    while True:
        name = _current(folder)
        flags = xapian.DB_OPEN | xapian.DB_RETRY_LOCK
        with closing(xapian.WritableDatabase(str(folder / name), flags)) as database:
            if _current(folder) == name:
                yield database
                return


def _create(folder: Path) -> None:
    """Create an empty index, unless another process has done so."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / STUB).exists():
        return
    flags = xapian.DB_CREATE_OR_OPEN | xapian.DB_RETRY_LOCK
    xapian.WritableDatabase(str(folder / FIRST), flags).close()
    with suppress(FileExistsError), (folder / STUB).open("x") as stub:
        stub.write(f"auto {FIRST}\n")


def _current(folder: Path) -> str:
    """Return the name of the folder to which the stub points."""
    return (folder / STUB).read_text().split()[1]


def _remove_all_but(folder: Path, kept: str) -> None:
    for found in folder.glob("index-*"):
        if found.name != kept:
            shutil.rmtree(found, ignore_errors=True)


def _newest(database: xapian.Database) -> int:
    """Return the number of the newest document."""
    return next((found.docid for found in database.postlist("")), OLDEST + 1)


def _number(database: xapian.Database, identifier: str) -> int | None:
    """Return the number of a document, or None if there is none."""
    numbers = database.postlist(identifier_term(identifier))
    return next((found.docid for found in numbers), None)


def _window_term(number: int) -> str:
    return f"W{number}"


def _result(document: xapian.Document) -> SearchResult:
    label, _, pk = document.get_data().decode().rpartition(".")
    app_label, _, model_name = label.partition(".")
    return SearchResult(app_label, model_name, pk, 0)


class Query(BaseSearchQuery):
    """Haystack's query, built of Xapian's query objects: nothing is parsed."""

    def build_query(self) -> xapian.Query:
        """Return the Xapian query; without a filter, it matches everything."""
        return _query(self.query_filter)


def _query(node: SearchNode) -> xapian.Query:
    """Return the query of a node and its children."""
    query = _children(node)
    return _without(xapian.Query.MatchAll, query) if node.negated else query


def _children(node: SearchNode) -> xapian.Query:
    """Return the combined query of a node's children."""
    wanted: list[xapian.Query] = []
    unwanted: list[xapian.Query] = []
    for child in node.children:
        if not isinstance(child, SearchNode):
            field, lookup = node.split_expression(child[0])
            wanted.append(_words(field, lookup, child[1]))
        elif child.negated and node.connector == SearchNode.AND:
            unwanted.append(_children(child))
        else:
            wanted.append(_query(child))
    if node.connector == SearchNode.OR:
        return xapian.Query(xapian.Query.OP_OR, wanted)
    query = xapian.Query.MatchAll
    if wanted:
        query = xapian.Query(xapian.Query.OP_AND, wanted)
    for other in unwanted:
        query = _without(query, other)
    return query


def _without(query: xapian.Query, other: xapian.Query) -> xapian.Query:
    return xapian.Query(xapian.Query.OP_AND_NOT, query, other)


def _words(field: str, lookup: str, value: str) -> xapian.Query:
    """Return the query for all words of ``value``; ``exact``: together, in order."""
    if lookup not in LOOKUPS:
        message = f"The index on Xapian knows {', '.join(LOOKUPS)}, not {lookup}."
        raise NotImplementedError(message)
    terms = [field_term(field, word) for word in str(value).split()]
    return xapian.Query(LOOKUPS[lookup], terms)


class Engine(BaseEngine):
    backend = Backend
    query = Query

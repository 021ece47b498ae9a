"""A haystack backend for Whoosh: newest first and with a time limit.

Haystack's own backend scores every match and evaluates every document of a model. Here
documents are in the order of time, so a search reads the newest part of the index, and
older parts only if that has too few matches. A search stops after ``TIME_LIMIT``, so
that no query can block the server; the matches until then are shown. New documents are
appended without looking for old versions, and segments are merged only with neighbours
of similar size.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from haystack.backends.whoosh_backend import (
    WhooshEngine,
    WhooshSearchBackend,
    WhooshSearchQuery,
)
from haystack.constants import DJANGO_CT, DJANGO_ID, ID
from haystack.models import SearchResult
from haystack.utils import get_identifier
from whoosh.analysis import RegexTokenizer
from whoosh.fields import ID as WHOOSH_ID
from whoosh.fields import TEXT, Schema
from whoosh.index import LockError

from search.whoosh_internals import (
    Readers,
    merge_neighbours,
    no_writer,
    open_searcher,
    writer_after,
)

if TYPE_CHECKING:
    from whoosh.query import Query
    from whoosh.searching import Searcher

TIME_LIMIT = 0.7  # seconds
FIRST_WINDOW = 4096  # documents
WINDOW_GROWTH = 8  # a matcher reads beyond its window for the next match
WRITER_LIMIT_MB = 64


class Backend(WhooshSearchBackend):
    """Haystack's Whoosh backend with its own search and writer."""

    index: Any
    outages = (OSError, LockError)  # errors that no document causes
    _open_searcher: Searcher | None = None

    def __init__(self, connection_alias: str, **options: Any) -> None:
        super().__init__(connection_alias, **options)
        self._readers: Readers = {}

    def setup(self) -> None:
        """Open the index, or create an empty one."""
        self.close()
        super().setup()

    def close(self) -> None:
        """Close the files that a search keeps open."""
        for reader in self._readers.values():
            reader.close()
        self._readers = {}
        self._open_searcher = None

    def build_schema(self, fields: dict[str, Any]) -> tuple[str, Schema]:
        """Tokens are separated by spaces; only keys are stored."""
        schema = {
            ID: WHOOSH_ID(stored=True, unique=True),
            DJANGO_CT: WHOOSH_ID(stored=True),
            DJANGO_ID: WHOOSH_ID(stored=True),
        }
        for found in fields.values():
            schema[found.index_fieldname] = TEXT(
                analyzer=RegexTokenizer(r"\S+"), stored=False
            )
        return "text", Schema(**schema)

    def update(self, index: Any, iterable: Iterable[Any], commit: bool = True) -> None:
        """Write documents by one commit, replacing older versions."""
        self.change([index.full_prepare(obj) for obj in iterable], [])

    def remove(self, obj_or_string: Any, commit: bool = True) -> None:
        self.change([], [get_identifier(obj_or_string)])

    def change(self, documents: list[dict[str, Any]], removed: Iterable[str]) -> None:
        """Write prepared documents and delete others, all by one commit."""
        searcher = self._searcher()
        writer = self.index.writer(limitmb=WRITER_LIMIT_MB)
        try:
            for identifier in (*removed, *(found[ID] for found in documents)):
                # Uses the open searcher: the writer would open every segment.
                if searcher.document_number(**{ID: identifier}) is not None:
                    writer.delete_by_term(ID, identifier)
            merge_neighbours(writer, len(documents))
            for found in documents:
                writer.add_document(**{k: self._from_python(found[k]) for k in found})
        except BaseException:
            writer.cancel()
            raise
        writer.commit(merge=False)

    def replace_index(self, documents: Iterable[dict[str, Any]]) -> None:
        """Write a new index beside the old one, then replace it."""
        self._open()
        path, fresh = Path(self.path), Path(f"{self.path}.new")
        old = Path(f"{self.path}.old")
        for left_over in (fresh, old):
            shutil.rmtree(left_over, ignore_errors=True)
        fresh.mkdir(parents=True)
        writer = writer_after(self.index, fresh, limit_mb=256)
        try:
            for found in documents:
                writer.add_document(**{k: self._from_python(found[k]) for k in found})
        except BaseException:
            writer.cancel()
            raise
        writer.commit()
        with no_writer(self.index):
            path.rename(old)
            fresh.rename(path)
        shutil.rmtree(old, ignore_errors=True)
        self.setup_complete = False

    def document_count(self) -> int:
        """Return the number of documents, which the index knows."""
        count: int = self._searcher().reader().doc_count()
        return count

    def identifiers(self) -> Iterator[str]:
        """Yield the identifier of every document."""
        self._open()
        with self.index.searcher() as searcher:
            for fields in searcher.all_stored_fields():
                yield fields[ID]

    def search(
        self,
        query_string: str,
        sort_by: list[str] | None = None,
        start_offset: int = 0,
        end_offset: int | None = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Return the newest matches from ``start_offset`` to ``end_offset``."""
        end = end_offset if end_offset is not None else start_offset + 50
        searcher = self._searcher()
        query = self.parser.parse(query_string)
        numbers = newest_matches(searcher, query, end)
        stored = [searcher.stored_fields(number) for number in numbers]
        results = [_result(fields) for fields in stored[start_offset:end]]
        return {"results": results, "hits": len(stored)}

    def _searcher(self) -> Searcher:
        """Return a searcher of the newest commit, kept until the next commit.

        Opening a segment copies it into memory, so the readers of unchanged segments
        are kept (Whoosh's own ``refresh`` tries to, but compares ids with generations,
        and opens all of them). Haystack has a backend per thread.
        """
        if not self.setup_complete:
            self.setup()
        searcher = self._open_searcher
        generation = self.index.latest_generation()
        if searcher is None or searcher.reader().generation() != generation:
            searcher = self._open_searcher = self._reopen()
        return searcher

    def _reopen(self) -> Searcher:
        """Return a searcher of the newest commit; close unused readers."""
        searcher, self._readers = open_searcher(self.index, self._readers)
        return searcher

    def _open(self) -> None:
        if not self.setup_complete:
            self.setup()
        self.index = self.index.refresh()


def _result(fields: dict[str, str]) -> SearchResult:
    app_label, model_name = fields[DJANGO_CT].split(".")
    return SearchResult(app_label, model_name, fields[DJANGO_ID], 0)


def newest_matches(searcher: Any, query: Query, count: int) -> list[int]:
    """Return the numbers of the newest ``count`` documents that match.

    The newest segment first; in a segment, one window after the other, from its end.
    """
    deadline = time.monotonic() + TIME_LIMIT
    query = query.normalize()
    found: list[int] = []
    leaves = searcher.leaf_searchers()
    for leaf, offset in reversed(leaves):
        wanted = count - len(found)
        if wanted <= 0 or time.monotonic() > deadline:
            break
        inside = _newest_in_segment(leaf, query, wanted, deadline)
        found.extend(number + offset for number in inside)
    return found


def _newest_in_segment(
    leaf: Any, query: Query, wanted: int, deadline: float
) -> list[int]:
    found: list[int] = []
    end, window = leaf.doc_count_all(), FIRST_WINDOW
    while end and len(found) < wanted and time.monotonic() <= deadline:
        start = max(0, end - window)
        found.extend(reversed(_matches(leaf, query, start, end, deadline)))
        end, window = start, window * WINDOW_GROWTH
    return found[:wanted]


def _matches(
    leaf: Any, query: Query, start: int, end: int, deadline: float
) -> list[int]:
    """Return the numbers of the documents from ``start`` to ``end`` that match."""
    matcher = query.matcher(leaf, leaf.boolean_context())
    if matcher.is_active() and start:
        matcher.skip_to(start)
    matches: list[int] = []
    while matcher.is_active() and matcher.id() < end:
        matches.append(matcher.id())
        matcher.next()
        if not len(matches) % 64 and time.monotonic() > deadline:
            break
    return matches


class Engine(WhooshEngine):
    backend = Backend
    query = WhooshSearchQuery

"""The inner parts of Whoosh that the engine uses, and no other module does.

Whoosh's documentation describes none of them. Version 2.7.4 is its last;
``search/tests/test_whoosh_internals.py`` notices what a fork changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from whoosh.filedb.filestore import FileStorage
from whoosh.index import LockError
from whoosh.reading import EmptyReader, MultiReader, SegmentReader
from whoosh.searching import Searcher

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_MERGE = 5000  # documents
OPEN_ATTEMPTS = 10

# The readers of segments that are open, by the segment and what is deleted of it.
Readers = dict[tuple[str, int], SegmentReader]


def open_searcher(index: Any, known: Readers) -> tuple[Searcher, Readers]:
    """Return a searcher of the newest commit, and the readers that it uses.

    Readers in ``known`` are used again; those that are not needed are closed. A commit
    may delete the files of the one before while they are opened: then the next is
    tried.
    """
    for attempt in range(OPEN_ATTEMPTS):
        info = index._read_toc()
        try:
            readers = _open_readers(index.storage, info, known)
        except OSError:
            if attempt == OPEN_ATTEMPTS - 1:
                raise
        else:
            break
    if not readers:
        return Searcher(EmptyReader(info.schema), fromindex=index), readers
    several = MultiReader(list(readers.values()), generation=info.generation)
    return Searcher(several, fromindex=index), readers


def _open_readers(storage: Any, info: Any, known: Readers) -> Readers:
    """Return a reader of each segment; take those in ``known``, close the others."""
    readers: Readers = {}
    try:
        for segment in info.segments:
            key = (segment.segment_id(), segment.deleted_count())
            readers[key] = known.pop(key, None) or SegmentReader(
                storage, info.schema, segment, generation=info.generation
            )
    except OSError:
        known |= readers
        raise
    for unused in known.values():
        unused.close()
    return readers


def merge_neighbours(writer: Any, added: int) -> None:
    """Take the newest segments into the new one, if small and of similar size.

    Before anything is added, so that documents stay in the order of time. Never
    rewrites more than ``LARGEST_MERGE`` documents.
    """
    total = max(added, 1)
    keep = len(writer.segments)
    while keep:
        size = writer.segments[keep - 1].doc_count_all()
        if size > 2 * total or total + size > LARGEST_MERGE:
            break
        total += size
        keep -= 1
    for segment in writer.segments[keep:]:
        reader = SegmentReader(writer.storage, writer.schema, segment)
        writer.add_reader(reader)
        reader.close()
    writer.segments = writer.segments[:keep]


def writer_after(index: Any, folder: Path, limit_mb: int) -> Any:
    """Return the writer of an empty index in ``folder`` that is to replace ``index``.

    Its generation is later than the old one's, by which readers notice it.
    """
    fresh = FileStorage(str(folder)).create_index(index.schema)
    writer = fresh.writer(limitmb=limit_mb)
    writer.generation = index.latest_generation() + 1
    return writer


@contextmanager
def no_writer(index: Any) -> Iterator[None]:
    """Keep others from writing into ``index``; raise ``LockError`` while one does."""
    lock = index.lock("WRITELOCK")
    if not lock.acquire():
        raise LockError
    try:
        yield
    finally:
        lock.release()

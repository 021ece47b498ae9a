"""What the engine uses of Whoosh's inner parts is still as it was."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.test import SimpleTestCase
from haystack.backends.whoosh_backend import WhooshSearchBackend
from whoosh.fields import ID, Schema
from whoosh.index import LockError, create_in, open_dir

from search.whoosh_internals import (
    Readers,
    merge_neighbours,
    no_writer,
    open_searcher,
    writer_after,
)


class WhooshInternalsTests(SimpleTestCase):
    def setUp(self) -> None:
        self.folder = Path(self.enterContext(TemporaryDirectory()))
        self.index = create_in(self.folder, Schema(name=ID(stored=True, unique=True)))
        self.readers: Readers = {}
        self.addCleanup(self.close)

    def close(self) -> None:
        for reader in self.readers.values():
            reader.close()

    def write(self, *names: str, merge: bool = False) -> None:
        writer = self.index.writer()
        if merge:
            merge_neighbours(writer, len(names))
        for name in names:
            writer.add_document(name=name)
        writer.commit(merge=False)

    def names(self) -> list[str]:
        searcher, self.readers = open_searcher(self.index, self.readers)
        reader = searcher.reader()
        self.assertEqual(reader.generation(), self.index.latest_generation())
        return [fields["name"] for fields in searcher.documents()]

    def test_an_index_without_segments_can_be_searched(self) -> None:
        searcher, readers = open_searcher(self.index, {})
        self.assertEqual((list(searcher.documents()), readers), ([], {}))

    def test_readers_of_unchanged_segments_are_used_again(self) -> None:
        self.write("a", "b", "c")
        self.assertEqual(self.names(), ["a", "b", "c"])
        (first,) = self.readers.values()
        self.write("d")
        self.assertEqual(self.names(), ["a", "b", "c", "d"])
        self.assertIs(next(iter(self.readers.values())), first)
        self.index.delete_by_term("name", "b")
        self.assertEqual(self.names(), ["a", "c", "d"])
        self.assertTrue(first.is_closed)

    def test_small_neighbours_become_one_segment_in_the_order_of_time(self) -> None:
        for name in "abcd":
            self.write(name, merge=True)
        self.assertEqual(self.names(), list("abcd"))
        self.assertLess(len(self.readers), 4)

    def test_a_new_index_is_later_than_the_old_one(self) -> None:
        self.write("a")
        self.write("b")
        other = self.folder / "new"
        other.mkdir()
        writer = writer_after(self.index, other, limit_mb=16)
        writer.add_document(name="c")
        writer.commit()
        later: Any = open_dir(other).latest_generation()
        self.assertGreater(later, self.index.latest_generation())

    def test_haystacks_backend_makes_texts_of_values(self) -> None:
        backend = WhooshSearchBackend("default", PATH=str(self.folder), STORAGE="file")
        self.assertEqual(backend._from_python(["a", "b"]), "a,b")

    def test_nobody_writes_meanwhile(self) -> None:
        with no_writer(self.index), self.assertRaises(LockError):
            self.index.writer()
        with self.index.writer(), self.assertRaises(LockError), no_writer(self.index):
            pass
        self.write("a")
        self.assertEqual(self.names(), ["a"])

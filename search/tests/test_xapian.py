"""Details of the backend for Xapian; common behaviour is tested in other modules."""

import tempfile
import unittest
from collections.abc import Iterator
from contextlib import suppress
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from haystack import connections
from haystack.query import SearchQuerySet

from accounts.tests.factories import create_user
from posts.models import Post
from posts.tests.factories import create_post
from search.search_indexes import PostIndex
from search.tests.base import SearchTestCase

with suppress(ImportError):
    import xapian


@unittest.skipUnless(
    "xapian" in settings.HAYSTACK_CONNECTIONS["default"]["ENGINE"],
    "Xapian was left out: run with SEARCH_URL=xapian:///a/folder",
)
class XapianTests(SearchTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan")

    def setUp(self) -> None:
        super().setUp()
        self.backend = connections["default"].get_backend()
        self.backend.window = 2  # documents
        self.index()  # susan: the oldest document
        self.lakes = [create_post(self.susan, f"lake {n}") for n in range(7)]
        self.index()

    def found(self, limit: int = 20) -> list[int]:
        """Return the keys of the posts with a lake, in the order of the engine."""
        matches = SearchQuerySet().filter(text="lake")[:limit]
        return [int(match.pk) for match in matches]

    def documents(self, *posts: Post) -> list[dict[str, Any]]:
        return [PostIndex().full_prepare(post) for post in posts]

    def newest_first(self, *more: Post) -> list[int]:
        return [post.pk for post in (*reversed(more), *reversed(self.lakes))]

    def test_looks_into_one_window_after_the_other(self) -> None:
        self.assertEqual(self.found(), self.newest_first())
        self.assertEqual(self.found(limit=3), self.newest_first()[:3])

    def test_shows_the_newest_when_the_time_is_over(self) -> None:
        self.backend.time_limit = -1
        found = self.found()
        self.assertIn(len(found), (1, 2))  # of one window
        self.assertEqual(found, self.newest_first()[: len(found)])

    def test_a_changed_document_keeps_its_place(self) -> None:
        Post.objects.filter(pk=self.lakes[2].pk).update(body="another lake")
        changed = Post.objects.get(pk=self.lakes[2].pk)
        self.backend.change(self.documents(changed), [])
        self.assertEqual(self.found(), self.newest_first())

    def test_reads_again_what_two_commits_took_away(self) -> None:
        """A table of one block is read when it is opened, so there are more words."""
        words = [" ".join(f"w{n}x{m}" for m in range(500)) for n in range(5)]
        document = self.documents(self.lakes[0])[0]
        self.backend.change([document | {"text": words[0]}], [])
        attempts = []

        def read(database: Any) -> int:
            attempts.append(1)
            if len(attempts) == 1:
                for text in words:
                    self.backend.change([document | {"text": text}], [])
            return database.get_termfreq("XTEXTw4x77")

        self.assertEqual(self.backend._read(read), 1)
        self.assertEqual(len(attempts), 2)

    def test_a_change_that_fails_changes_nothing(self) -> None:
        new = create_post(self.susan, "a lake that is not to be seen")
        key = f"posts.post.{self.lakes[0].pk}"
        with self.assertRaises(KeyError):
            self.backend.change([*self.documents(new), {}], [key])
        self.assertEqual(self.found(), self.newest_first())

    def test_a_build_that_fails_leaves_the_old_one(self) -> None:
        def documents() -> Iterator[dict[str, Any]]:
            yield from self.documents(self.lakes[0])
            raise InterruptedError

        with self.assertRaises(InterruptedError):
            self.backend.replace_index(documents())
        self.assertEqual(self.found(), self.newest_first())

    def test_old_builds_are_removed(self) -> None:
        for _ in range(2):
            call_command("rebuild_search", stdout=StringIO(), stderr=StringIO())
        names = [found.name for found in Path(self.backend.path).iterdir()]
        self.assertEqual(len(names), 2, names)  # the stub and one build
        self.assertEqual(self.found(), self.newest_first())

    def test_an_index_of_another_engine_in_the_folder_is_left_alone(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        xapian.WritableDatabase(str(folder), xapian.DB_CREATE_OR_OPEN).close()
        self.use_index(folder)
        self.assertEqual(self.found(), [])
        call_command("rebuild_search", stdout=StringIO(), stderr=StringIO())
        self.assertEqual(self.found(), self.newest_first())

    def test_refuses_what_the_index_cannot_answer(self) -> None:
        for lookup in ("startswith", "fuzzy", "range"):
            with self.assertRaisesMessage(NotImplementedError, lookup):
                list(SearchQuerySet().filter(**{f"text__{lookup}": "lake"}))

    def test_no_filter_finds_everything_and_a_negated_one_the_rest(self) -> None:
        self.assertEqual(len(SearchQuerySet().all()[:20]), 8)
        rest = SearchQuerySet().exclude(text="lake")[:20]
        self.assertEqual([match.model_name for match in rest], ["user"])

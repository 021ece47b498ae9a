"""Details of the backend for Whoosh; common behaviour is tested in other modules."""

from io import StringIO
from itertools import count
from unittest import skipUnless
from unittest.mock import patch

from django.conf import settings
from django.core.management import call_command

from accounts.tests.factories import create_user
from posts.models import Post
from posts.tests.factories import create_post
from search.query import parse
from search.results import find_posts
from search.tests.base import SearchTestCase


@skipUnless(
    "whoosh" in settings.HAYSTACK_CONNECTIONS["default"]["ENGINE"],
    "Whoosh was left out: SEARCH_URL names another engine",
)
class WhooshTests(SearchTestCase):
    def test_looks_into_one_window_after_the_other(self) -> None:
        susan = create_user("susan")
        posts = [
            create_post(susan, f"{'lake' if number % 3 else 'sea'} {number}")
            for number in range(40)
        ]
        call_command("rebuild_search", stdout=StringIO(), stderr=StringIO())
        lakes = [post for post in reversed(posts) if "lake" in post.body]
        for window, growth in ((1, 1), (2, 3), (7, 8), (100, 8)):
            with (
                self.subTest(window=window),
                patch("search.whoosh_engine.FIRST_WINDOW", window),
                patch("search.whoosh_engine.WINDOW_GROWTH", growth),
            ):
                self.assertEqual(find_posts(parse("lake")), lakes)
                self.assertEqual(find_posts(parse("lake -sea")), lakes)
                self.assertEqual(find_posts(parse('"lake 4"')), [posts[4]])

    def commits(self, *texts: list[str]) -> list[list[Post]]:
        """Return the posts of several commits, each of which is a part of the index."""
        susan = create_user("susan")
        made = []
        for some in texts:
            made.append([create_post(susan, text) for text in some])
            self.index()
        return made

    def test_the_newest_part_of_the_index_comes_first(self) -> None:
        old, new = self.commits(["lake"] * 16, ["lake"] * 6)
        with self.settings(MAX_SEARCH_RESULTS=1):
            self.assertEqual(find_posts(parse("lake")), new[-1:])
        with self.settings(MAX_SEARCH_RESULTS=8):
            self.assertEqual(find_posts(parse("lake")), [*new[::-1], *old[:-3:-1]])

    def test_when_the_time_is_over_the_newest_are_shown(self) -> None:
        (posts,) = self.commits([f"lake {number}" for number in range(20)])
        clock = count(step=0.1)  # seconds: each look at the clock costs a tenth
        with (
            patch("search.whoosh_engine.FIRST_WINDOW", 1),
            patch("search.whoosh_engine.WINDOW_GROWTH", 1),
            patch("search.whoosh_engine.time.monotonic", lambda: next(clock)),
        ):
            found = find_posts(parse("lake"))
        self.assertEqual(found, posts[: -len(found) - 1 : -1])
        self.assertTrue(3 < len(found) < 9, len(found))

    def test_small_parts_are_merged_and_large_ones_left(self) -> None:
        with patch("search.whoosh_internals.LARGEST_MERGE", 4):
            self.commits(["lake"] * 2, ["lake"] * 2, ["lake"] * 2)
        backend = self.another_process()
        self.assertEqual(self.hits(backend, "lake"), 6)
        leaves = backend._searcher().leaf_searchers()
        parts = [leaf.doc_count() for leaf, _offset in leaves]
        self.assertTrue(all(size <= 4 for size in parts), parts)

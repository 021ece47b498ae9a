"""Details of the backend for Whoosh; common behaviour is tested in other modules."""

from io import StringIO
from unittest import skipUnless
from unittest.mock import patch

from django.conf import settings
from django.core.management import call_command

from accounts.tests.factories import create_user
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

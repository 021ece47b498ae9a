"""Querysets whose SQL is written once and run with other numbers."""

from typing import Any
from unittest.mock import patch

from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.sql import Query
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import create_user
from core.compiled_queries import CompiledQuery
from core.ids import MAX_ID
from posts.models import Post
from posts.tests.factories import create_post


@CompiledQuery
def by_authors(
    authors: tuple[int, ...], start: int, *, count: int
) -> QuerySet[Post, Post]:
    posts = Post.objects.filter(author__in=authors, pk__lt=start)
    return posts.select_related("author").order_by("-pk")[:count]


@CompiledQuery
def twice(number: int) -> QuerySet[Post, Any]:
    posts = Post.objects.filter(Q(pk=number) | Q(pk=number, author__gt=0))
    return posts.values_list("body", F("pk") + 0)


class CompiledQueryTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan, cls.john = create_user(), create_user("john")
        cls.posts = [create_post(cls.susan, f"post {n}") for n in range(4)]
        cls.other = create_post(cls.john, "another")

    def test_runs_with_other_numbers_each_time(self) -> None:
        for author in (self.susan, self.john):
            for start in (MAX_ID, self.posts[2].pk):
                for count in (1, 3):
                    rows = by_authors.run((author.pk,), start, count=count)
                    posts = Post.objects.filter(author=author, pk__lt=start)
                    self.assertEqual(rows, list(posts.order_by("-pk")[:count]))

    def test_takes_as_many_numbers_as_a_tuple_has(self) -> None:
        both = by_authors.run((self.susan.pk, self.john.pk), MAX_ID, count=9)
        self.assertEqual(len(both), 5)
        self.assertEqual(len(by_authors.run((self.susan.pk,), MAX_ID, count=9)), 4)

    def test_gives_instances_with_what_belongs_to_them(self) -> None:
        post = by_authors.run((self.john.pk,), MAX_ID, count=1)[0]
        with self.assertNumQueries(0):
            self.assertEqual(post.author.username, "john")
            self.assertEqual(post.author.last_seen, self.john.last_seen)
            self.assertEqual(post.author.date_joined, self.john.date_joined)

    def test_a_number_may_stand_in_several_places(self) -> None:
        self.assertEqual(twice.run(self.other.pk), [("another", self.other.pk)])
        self.assertEqual(twice.run(0), [])

    def test_writes_the_sql_once(self) -> None:
        by_authors.run((self.john.pk,), MAX_ID, count=7)
        with (
            patch.object(Query, "get_compiler", side_effect=AssertionError),
            CaptureQueriesContext(connection) as queries,
        ):
            rows = by_authors.run((self.susan.pk,), MAX_ID, count=7)
        self.assertEqual(len(rows), 4)
        self.assertEqual(len(queries), 1)

    def test_two_results_are_two_queries(self) -> None:
        before = by_authors.run((self.john.pk,), MAX_ID, count=5)
        more = create_post(self.john, "one more")
        self.assertEqual(by_authors.run((self.john.pk,), MAX_ID, count=5)[0], more)
        self.assertEqual(len(before), 1)

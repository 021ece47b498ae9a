"""A document that cannot be prepared or written fails alone."""

from io import StringIO
from typing import Any
from unittest import skipUnless
from unittest.mock import patch

from django.core.management import CommandError, call_command
from django.db import connection
from django_tasks_db.models import DBTaskResult

from accounts.tests.factories import create_user
from core.tasks import MAX_ATTEMPTS
from core.testing import run_tasks
from posts.models import Post
from posts.tests.factories import create_post
from search.query import parse
from search.results import find_posts
from search.search_indexes import PostIndex
from search.tests.base import SearchTestCase

PREPARE = PostIndex.prepare_text


def unprepared(index: PostIndex, post: Post) -> str:
    if "poison" in post.body:
        raise RecursionError
    return PREPARE(index, post)


def unwritable(index: PostIndex, post: Post) -> Any:
    # No engine can encode a surrogate.
    return "\ud800" if "poison" in post.body else PREPARE(index, post)


class BadDocumentTests(SearchTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.susan = create_user("susan")
        self.posts = [create_post(self.susan, f"lake {n}") for n in range(9)]
        self.bad = create_post(self.susan, "poison lake")
        self.posts += [create_post(self.susan, f"lake {n}") for n in range(9)]

    def states(self) -> dict[bool, set[str]]:
        """Return the states of the bad post's task (True) and of all others."""
        states: dict[bool, set[str]] = {True: set(), False: set()}
        for row in DBTaskResult.objects.all():
            bad = self.bad.pk in row.args_kwargs["args"]
            states[bad].add(row.status)
        return states

    def assert_healthy_found(self) -> None:
        self.assertEqual(set(find_posts(parse("lake"))), set(self.posts))

    def test_one_that_cannot_be_prepared(self) -> None:
        with patch.object(PostIndex, "prepare_text", unprepared):
            run_tasks()
            self.assert_healthy_found()
            self.assertEqual(self.states(), {True: {"READY"}, False: {"SUCCESSFUL"}})
            for _ in range(1, MAX_ATTEMPTS):
                run_tasks(delayed=True)
        self.assertEqual(self.states(), {True: {"FAILED"}, False: {"SUCCESSFUL"}})
        failed = DBTaskResult.objects.get(status="FAILED")
        self.assertIn("RecursionError", failed.traceback)

    def test_one_that_the_engine_refuses(self) -> None:
        with patch.object(PostIndex, "prepare_text", unwritable):
            run_tasks()
        self.assert_healthy_found()
        self.assertEqual(self.states(), {True: {"READY"}, False: {"SUCCESSFUL"}})

    def test_a_bad_one_recovers(self) -> None:
        with patch.object(PostIndex, "prepare_text", unprepared):
            run_tasks()
        run_tasks(delayed=True)
        self.assertEqual(len(find_posts(parse("poison"))), 1)

    @skipUnless(connection.vendor == "sqlite", "others refuse such a text")
    def test_a_row_that_cannot_be_read(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE posts_post SET body = CAST(X'6cff' AS TEXT) WHERE id = %s",
                [self.bad.pk],
            )
        run_tasks()
        self.assert_healthy_found()
        with self.assertRaisesMessage(CommandError, f"posts.post.{self.bad.pk}"):
            self.rebuild()
        self.assert_healthy_found()

    def rebuild(self) -> None:
        call_command("rebuild_search", stdout=StringIO(), stderr=StringIO())

    def test_rebuild_continues_and_names_it(self) -> None:
        for fault in (unprepared, unwritable):
            with (
                self.subTest(fault.__name__),
                patch.object(PostIndex, "prepare_text", fault),
                self.assertRaisesMessage(CommandError, f"posts.post.{self.bad.pk}"),
            ):
                self.rebuild()
            self.assert_healthy_found()

    def test_repair_continues_and_names_it(self) -> None:
        with (
            patch.object(PostIndex, "prepare_text", unprepared),
            self.assertRaisesMessage(CommandError, f"posts.post.{self.bad.pk}"),
        ):
            call_command("check_search", repair=True, stdout=StringIO())
        self.assert_healthy_found()

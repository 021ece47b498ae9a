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
from search.health import check_index
from search.query import parse
from search.results import find_posts
from search.search_indexes import PostIndex
from search.tasks import index_change
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

    def give_up(self) -> None:
        with patch.object(PostIndex, "prepare_text", unprepared):
            for _ in range(MAX_ATTEMPTS):
                run_tasks(delayed=True)
        self.assertIn("FAILED", self.states()[True])
        self.assertIn("given up", check_index())

    def test_a_given_up_one_counts_until_its_row_is_gone(self) -> None:
        self.give_up()
        self.bad.delete()
        run_tasks()
        self.assertEqual(check_index(), "ok")
        self.assertEqual(self.states()[False] | {"SUCCESSFUL"}, {"SUCCESSFUL"})

    def test_a_given_up_one_counts_until_it_is_indexed(self) -> None:
        def repair() -> None:
            call_command("check_search", repair=True, stdout=StringIO())

        def change() -> None:
            self.bad.save()
            run_tasks()

        def delete_behind_our_back() -> None:
            Post.objects.filter(pk=self.bad.pk)._raw_delete("default")
            repair()

        for cure in (self.rebuild, repair, change, delete_behind_our_back):
            with self.subTest(cure.__name__):
                self.give_up()
                cure()
                self.assertEqual(check_index(), "ok")
                DBTaskResult.objects.all().delete()
                self.bad.save()

    def test_no_cure_ends_one_that_is_still_bad(self) -> None:
        self.give_up()
        with patch.object(PostIndex, "prepare_text", unprepared):
            for command in ("rebuild_search", "check_search"):
                options = {"repair": True} if command == "check_search" else {}
                with self.assertRaises(CommandError):
                    call_command(
                        command, stdout=StringIO(), stderr=StringIO(), **options
                    )
        self.assertIn("given up", check_index())

    def test_the_check_names_a_document_of_old_that_was_given_up(self) -> None:
        """It is in the index: only what it says is wrong."""
        run_tasks()
        Post.objects.filter(pk=self.bad.pk).update(body="poison of another kind")
        index_change.enqueue("posts.post", self.bad.pk)
        self.give_up()
        out = StringIO()
        with self.assertRaises(CommandError):
            call_command("check_search", stdout=out)
        self.assertIn(f"1 given up: posts.post.{self.bad.pk}", out.getvalue())
        call_command("check_search", repair=True, stdout=StringIO())
        self.assertEqual(len(find_posts(parse("kind"))), 1)
        self.assertEqual(check_index(), "ok")

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

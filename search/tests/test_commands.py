"""Building, checking and repairing the index."""

from io import StringIO
from types import SimpleNamespace

from django.core.management import CommandError, call_command
from django_tasks_db.models import DBTaskResult

from accounts.tests.factories import create_user
from core.leases import Lease, LeaseLost, _lease
from posts.models import Post
from posts.tests.factories import create_post
from search.query import parse
from search.results import find_posts
from search.tasks import index_change
from search.tests.base import SearchTestCase


class CommandTests(SearchTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.susan = create_user("susan")
        self.post = create_post(self.susan, "A mountain lake")
        DBTaskResult.objects.all().delete()

    def check(self, **options: bool) -> str:
        out = StringIO()
        call_command("check_search", stdout=out, **options)
        return out.getvalue()

    def test_rebuild_makes_old_posts_searchable(self) -> None:
        self.assertEqual(find_posts(parse("lake")), [])
        call_command("rebuild_search", stdout=StringIO(), stderr=StringIO())
        self.assertEqual(find_posts(parse("lake")), [self.post])
        self.assertIn("agree", self.check())

    def test_a_reader_follows_a_rebuild(self) -> None:
        """The old index is replaced while a searcher is open."""
        call_command("rebuild_search", stdout=StringIO(), stderr=StringIO())
        reader = self.another_process()
        self.assertEqual(self.hits(reader, "lake"), 1)
        create_post(self.susan, "A second lake")
        call_command("rebuild_search", stdout=StringIO(), stderr=StringIO())
        self.assertEqual(self.hits(reader, "lake"), 2)

    def test_check_reports_and_repairs(self) -> None:
        call_command("rebuild_search", stdout=StringIO(), stderr=StringIO())
        new = create_post(self.susan, "Another lake")
        Post.objects.filter(pk=self.post.pk)._raw_delete("default")
        with self.assertRaises(CommandError):
            self.check()
        self.assertIn("Repaired", self.check(repair=True))
        self.assertIn("agree", self.check())
        self.assertEqual(find_posts(parse("lake")), [new])

    def test_waiting_changes_share_one_commit(self) -> None:
        for number in range(20):
            create_post(self.susan, f"lake {number}")
        self.index()
        self.assertFalse(DBTaskResult.objects.exclude(status="SUCCESSFUL").exists())
        self.assertIn("agree", self.check(repair=True) + self.check())

    def test_a_worker_that_lost_its_task_writes_nothing(self) -> None:
        post = create_post(create_user("maria"), "A quiet pond")
        lost = Lease(after_beat=bool)
        lost.worker_id = "given-up"
        context = SimpleNamespace(attempt=1)
        token = _lease.set(lost)
        try:
            with self.assertRaises(LeaseLost):
                index_change.func(context, "posts.post", post.pk)
        finally:
            _lease.reset(token)
        self.assertEqual(list(find_posts(parse("pond"))), [])
        index_change.func(context, "posts.post", post.pk)
        self.assertEqual(list(find_posts(parse("pond"))), [post])

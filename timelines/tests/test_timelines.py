"""The home timeline is exact: compared with a simple definition."""

import random

from django.conf import settings
from django.test import TestCase, override_settings

from accounts.models import User
from accounts.tests.factories import create_user
from core.pagination import Cursor
from core.testing import database_work
from posts.models import Post
from posts.tests.factories import create_post
from social.models import Follow
from social.services import follow_user, recompute_counts, unfollow_user
from social.tests.factories import follow
from timelines.pages import DENSE_READER, explore_page, home_page


def expected(reader: User, cursor: Cursor, size: int) -> list[int]:
    """Return the page's ids by the simple definition, in Python."""
    followed = Follow.objects.filter(follower=reader, followed__suspended_at=None)
    authors = {reader.pk, *followed.values_list("followed_id", flat=True)}
    ids = sorted(
        pk
        for pk, author in Post.objects.values_list("pk", "author_id")
        if author in authors
    )
    if cursor.after is not None:
        return [pk for pk in ids if pk > cursor.after][:size][::-1]
    if cursor.before is not None:
        ids = [pk for pk in ids if pk < cursor.before]
    return ids[::-1][:size]


def shown(reader: User, cursor: Cursor) -> list[int]:
    reader.refresh_from_db()
    return [post.pk for post in home_page(reader, cursor).rows]


class ExactnessTests(TestCase):
    """A random site, readers of every kind, cursors in both directions."""

    @classmethod
    def setUpTestData(cls) -> None:
        chance = random.Random(5)
        cls.users = User.objects.bulk_create(
            User(username=f"p{n}", email=f"p{n}@example.com") for n in range(60)
        )
        cls.users = list(User.objects.order_by("pk"))
        cls.ids = sorted(chance.sample(range(1, 5_000), 700))
        Post.objects.bulk_create(
            # A few users write most of the posts, some none at all.
            Post(id=pk, author=cls.users[int(chance.random() ** 3 * 50)], body="x")
            for pk in cls.ids
        )
        for reader in cls.users[:12]:
            count = chance.choice([0, 1, 3, 30, 59])
            others = [user for user in cls.users if user != reader]
            Follow.objects.bulk_create(
                Follow(follower=reader, followed=user)
                for user in chance.sample(others, count)
            )
        User.objects.filter(pk=cls.users[1].pk).update(suspended_at="2026-01-01T00:00Z")
        recompute_counts()

    def cursors(self) -> list[Cursor]:
        chance = random.Random(6)
        middle = [chance.randrange(5_000) for _ in range(4)]
        edges = [1, self.ids[0], self.ids[-1], 9_999]
        found = [Cursor()]
        for key in middle + edges:
            found += [Cursor(before=key), Cursor(after=key)]
        return found

    def compare(self) -> None:
        size = settings.POSTS_PER_PAGE
        for reader in self.users[:12]:
            for cursor in self.cursors():
                with self.subTest(reader=reader.username, cursor=cursor):
                    self.assertEqual(
                        shown(reader, cursor), expected(reader, cursor, size)
                    )

    def test_readers_of_few_users(self) -> None:
        self.compare()

    def test_readers_of_many_users(self) -> None:
        """The same readers as if they followed hundreds: the walk, and its end."""
        User.objects.update(following_count=DENSE_READER)
        self.compare()

    @override_settings(POSTS_PER_PAGE=3)
    def test_small_pages(self) -> None:
        self.compare()

    def test_walking_all_pages_shows_each_post_once(self) -> None:
        reader = max(self.users[:12], key=lambda user: user.following_set.count())
        seen: list[int] = []
        cursor = Cursor()
        while True:
            page = home_page(reader, cursor)
            seen += [post.pk for post in page.rows]
            if page.older is None:
                break
            cursor = Cursor(before=page.older)
        self.assertEqual(seen, expected(reader, Cursor(), 10_000))
        while page.newer is not None:
            last = page.rows
            page = home_page(reader, Cursor(after=page.newer))
            self.assertGreater(page.rows[-1].pk, last[0].pk)

    def test_follows_changes_at_once(self) -> None:
        reader, other = self.users[20], self.users[0]
        self.assertEqual(shown(reader, Cursor()), expected(reader, Cursor(), 20))
        follow_user(follower=reader, followed=other)
        self.assertEqual(shown(reader, Cursor()), expected(reader, Cursor(), 20))
        post = create_post(other)
        self.assertEqual(shown(reader, Cursor())[0], post.pk)
        post.delete()
        self.assertNotIn(post.pk, shown(reader, Cursor()))
        unfollow_user(follower=reader, followed=other)
        self.assertEqual(shown(reader, Cursor()), expected(reader, Cursor(), 20))


class CostTests(TestCase):
    """Numbers of queries, for difficult readers."""

    def test_two_thousand_silent_users(self) -> None:
        reader = create_user("reader")
        User.objects.bulk_create(
            User(username=f"s{n}", email=f"s{n}@example.com") for n in range(2_000)
        )
        silent = User.objects.exclude(pk=reader.pk)
        Follow.objects.bulk_create(
            Follow(follower=reader, followed=user) for user in silent
        )
        recompute_counts()
        reader.refresh_from_db()
        own = create_post(reader)
        with self.assertNumQueries(3):  # the window reached back to the first post
            self.assertEqual([p.pk for p in home_page(reader, Cursor()).rows], [own.pk])
        stranger = create_user("stranger")
        Post.objects.bulk_create(
            Post(id=own.pk + n, author=stranger, body="again") for n in range(1, 9_000)
        )
        with self.assertNumQueries(5):  # it did not: each person's newest post
            self.assertEqual([p.pk for p in home_page(reader, Cursor()).rows], [own.pk])

    def test_one_users_flood_does_not_hide_the_others(self) -> None:
        reader, loud, quiet = (
            create_user("reader"),
            create_user("loud"),
            create_user("q"),
        )
        follow(reader, loud, quiet)
        Post.objects.bulk_create(
            Post(id=1_000 + 2 * n, author=loud, body="again") for n in range(10_000)
        )
        Post.objects.create(id=20_991, author=quiet, body="once")
        reader.refresh_from_db()
        with self.assertNumQueries(3):
            rows = home_page(reader, Cursor()).rows
        self.assertEqual(len(rows), 20)
        self.assertIn(20_991, [post.pk for post in rows])

    def test_quiet_users_cost_the_same_on_a_larger_site(self) -> None:
        """MariaDB read every post: it accepts no sub-query as the bound of a range."""
        reader, stranger = create_user("reader"), create_user("stranger")
        User.objects.bulk_create(
            User(username=f"q{n}", email=f"q{n}@example.com") for n in range(200)
        )
        quiet = User.objects.exclude(pk__in=[reader.pk, stranger.pk])
        Follow.objects.bulk_create(
            Follow(follower=reader, followed=user) for user in quiet
        )
        Post.objects.bulk_create(
            Post(id=n, author=user, body="once") for n, user in enumerate(quiet, 1)
        )
        reads: list[int] = []
        for first, last in (1_000, 6_000), (6_000, 26_000):
            Post.objects.bulk_create(
                Post(id=n, author=stranger, body="again") for n in range(first, last)
            )
            for following in 200, DENSE_READER:
                reader.following_count = following
                with database_work() as work:
                    rows = home_page(reader, Cursor()).rows
                self.assertEqual([post.pk for post in rows], list(range(200, 180, -1)))
                reads.append(work.amount)
        self.assertLess(reads[2], 1.5 * reads[0], reads)
        self.assertLess(reads[3], 1.5 * reads[1], reads)

    def test_a_flood_is_not_read(self) -> None:
        """SQLite read all of it: it uses only the first of two lower bounds."""
        reader, loud = create_user("reader"), create_user("loud")
        quiet = [create_user(f"quiet{n}") for n in range(25)]
        follow(reader, loud, *quiet)
        reader.refresh_from_db()
        Post.objects.bulk_create(
            Post(id=n, author=user, body="once") for n, user in enumerate(quiet, 1)
        )
        reads: list[int] = []
        for first, last in (1_000, 1_500), (1_500, 11_500):
            Post.objects.bulk_create(
                Post(id=n, author=loud, body="again") for n in range(first, last)
            )
            with database_work() as work:
                rows = home_page(reader, Cursor()).rows
            self.assertEqual([post.author for post in rows], [loud] * 20)
            reads.append(work.amount)
        self.assertLess(reads[1], 1.5 * reads[0], reads)

    def test_explore_leaves_out_suspended_users(self) -> None:
        one, other = create_user("one"), create_user("other")
        create_post(one)
        kept = create_post(other)
        User.objects.filter(pk=one.pk).update(suspended_at="2026-01-01T00:00Z")
        with self.assertNumQueries(2):
            self.assertEqual([p.pk for p in explore_page(Cursor()).rows], [kept.pk])

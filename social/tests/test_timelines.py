"""The home timeline is exact: compared with the plain definition of row P2."""

import random

from django.conf import settings
from django.test import TestCase, override_settings

from accounts.models import User
from accounts.tests.factories import create_user
from core.cursors import Cursor
from posts.models import Post
from posts.tests.factories import create_post
from social.models import Follow
from social.services import follow_user, recount, unfollow_user
from social.tests.factories import follow
from social.timelines import explore_page, followed_posts, home_page


def expected(reader: User, cursor: Cursor, size: int) -> list[int]:
    """Return the page's ids by the plain definition, in Python."""
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
        cls.people = User.objects.bulk_create(
            User(username=f"p{n}", email=f"p{n}@example.com") for n in range(60)
        )
        cls.people = list(User.objects.order_by("pk"))
        cls.ids = sorted(chance.sample(range(1, 5_000), 700))
        Post.objects.bulk_create(
            # Few people write most of it, some nothing at all.
            Post(id=pk, author=cls.people[int(chance.random() ** 3 * 50)], body="x")
            for pk in cls.ids
        )
        for reader in cls.people[:12]:
            count = chance.choice([0, 1, 3, 30, 59])
            others = [person for person in cls.people if person != reader]
            Follow.objects.bulk_create(
                Follow(follower=reader, followed=person)
                for person in chance.sample(others, count)
            )
        User.objects.filter(pk=cls.people[1].pk).update(
            suspended_at="2026-01-01T00:00Z"
        )
        recount()

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
        for reader in self.people[:12]:
            for cursor in self.cursors():
                with self.subTest(reader=reader.username, cursor=cursor):
                    self.assertEqual(
                        shown(reader, cursor), expected(reader, cursor, size)
                    )

    def test_readers_of_few_people(self) -> None:
        self.compare()

    def test_readers_of_many_people(self) -> None:
        """The same readers as if they followed hundreds: the walk, and its end."""
        User.objects.update(following_count=300)
        self.compare()

    @override_settings(POSTS_PER_PAGE=3)
    def test_small_pages(self) -> None:
        self.compare()

    def test_walking_all_pages_shows_each_post_once(self) -> None:
        reader = max(self.people[:12], key=lambda person: person.following_set.count())
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
        reader, other = self.people[20], self.people[0]
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
    """Counts of queries, for the readers that other designs find hard."""

    def test_two_thousand_silent_people(self) -> None:
        reader = create_user("reader")
        User.objects.bulk_create(
            User(username=f"s{n}", email=f"s{n}@example.com") for n in range(2_000)
        )
        silent = User.objects.exclude(pk=reader.pk)
        Follow.objects.bulk_create(
            Follow(follower=reader, followed=person) for person in silent
        )
        recount()
        reader.refresh_from_db()
        own = create_post(reader)
        with self.assertNumQueries(2):  # the window reached back to the first post
            self.assertEqual([p.pk for p in home_page(reader, Cursor()).rows], [own.pk])
        stranger = create_user("stranger")
        Post.objects.bulk_create(
            Post(id=own.pk + n, author=stranger, body="again") for n in range(1, 9_000)
        )
        with self.assertNumQueries(3):  # it did not: each person's newest post
            self.assertEqual([p.pk for p in home_page(reader, Cursor()).rows], [own.pk])

    def test_one_persons_flood_does_not_hide_the_others(self) -> None:
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
        with self.assertNumQueries(2):
            rows = home_page(reader, Cursor()).rows
        self.assertEqual(len(rows), 20)
        self.assertIn(20_991, [post.pk for post in rows])

    def test_explore_leaves_out_suspended_people(self) -> None:
        one, other = create_user("one"), create_user("other")
        create_post(one)
        kept = create_post(other)
        User.objects.filter(pk=one.pk).update(suspended_at="2026-01-01T00:00Z")
        with self.assertNumQueries(2):
            self.assertEqual([p.pk for p in explore_page(Cursor()).rows], [kept.pk])

    def test_followed_posts_is_lazy(self) -> None:
        one, other = create_user("one"), create_user("other")
        follow(one, other)
        post = create_post(other)
        with self.assertNumQueries(0):
            posts = followed_posts(one)
        self.assertEqual(list(posts), [post])

"""Twenty concurrent requests change the same rows: none fails, all counts are right.

SQLite in memory has one connection; its file is measured by ``benchmarks.writers``.
"""

from collections.abc import Callable
from functools import partial

from django.db import transaction
from django.test import TransactionTestCase, skipUnlessDBFeature

from accounts.models import User
from accounts.tests.factories import create_user
from core.testing import at_once
from moderation.services import reinstate_user, suspend_user
from posts.models import Post, Translation
from posts.services import delete_post
from social.models import Follow
from social.services import follow_user, recompute_counts, unfollow_user

THREADS = 20


@skipUnlessDBFeature("test_db_allows_multiple_connections")
class AtOnceTests(TransactionTestCase):
    def setUp(self) -> None:
        User.objects.bulk_create(
            User(username=f"p{n}", email=f"p{n}@example.com") for n in range(61)
        )
        # =
        *self.users, self.star = User.objects.order_by("pk")
        self.users[30], self.star = self.star, self.users[30]
        self.boss = create_user("boss", is_superuser=True, is_staff=True)

    def each(
        self, act: Callable[[User], object], users: list[User] | None = None
    ) -> None:
        """Run ``act`` for all users in 20 threads, like requests; nothing may fail."""
        waiting = list(users or self.users)

        def work() -> None:
            while waiting:
                try:
                    user = waiting.pop()
                except IndexError:
                    return
                with transaction.atomic():
                    act(user)

        raised = at_once(*[work] * THREADS)
        self.assertEqual(raised, [])

    def check_counts(self) -> None:
        """Compare the stored counts with the rows."""
        rows = User.objects.order_by("pk").values_list(
            "pk", "follower_count", "following_count"
        )
        stored = list(rows)
        recompute_counts()
        self.assertEqual(stored, list(rows.all()))

    def test_follow_one_user(self) -> None:
        self.each(lambda user: follow_user(follower=user, followed=self.star))
        self.star.refresh_from_db()
        self.assertEqual(self.star.follower_count, 60)
        self.check_counts()

    def test_unfollow_one_user(self) -> None:
        Follow.objects.bulk_create(
            Follow(follower=user, followed=self.star) for user in self.users
        )
        recompute_counts()
        self.each(lambda user: unfollow_user(follower=user, followed=self.star))
        self.star.refresh_from_db()
        self.assertEqual(self.star.follower_count, 0)
        self.check_counts()

    def test_one_user_follows_and_unfollows_everybody_back(self) -> None:
        def act(user: User) -> None:
            follow_user(follower=user, followed=self.star)

        def back(user: User) -> None:
            follow_user(follower=self.star, followed=user)
            unfollow_user(follower=user, followed=self.star)

        self.each(act)
        self.each(back)
        self.check_counts()

    def test_the_same_user_in_twenty_tabs(self) -> None:
        def toggle(user: User) -> None:
            follow_user(follower=user, followed=self.star)
            unfollow_user(follower=user, followed=self.star)

        self.each(toggle, [self.users[0]] * 40)
        self.assertFalse(Follow.objects.exists())
        self.check_counts()

    def test_suspend_and_reinstate_while_others_follow(self) -> None:
        leaders = self.users[::10]

        Follow.objects.bulk_create(
            Follow(follower=user, followed=leader)
            for user in self.users[::3]
            for leader in leaders
            if user != leader
        )
        recompute_counts()
        self.each(lambda user: suspend_user(user=user, by=self.boss), leaders)
        self.check_counts()
        self.each(lambda user: reinstate_user(user=user, by=self.boss), leaders)
        self.check_counts()
        self.each(lambda user: self.follow_or_suspend(user, leaders))
        self.check_counts()

    def follow_or_suspend(self, user: User, leaders: list[User]) -> None:
        if user in leaders:
            suspend_user(user=user, by=self.boss)
        else:
            follow_user(follower=user, followed=leaders[user.pk % len(leaders)])

    def test_delete_users_while_others_follow_others(self) -> None:
        leaders = self.users[::10]
        Follow.objects.bulk_create(
            Follow(follower=user, followed=leader)
            for user in self.users
            for leader in leaders
            if user != leader
        )
        recompute_counts()

        def act(user: User) -> None:
            if user in leaders:
                User.objects.get(pk=user.pk).delete()
            else:
                follow_user(follower=user, followed=self.star)

        self.each(act)
        self.check_counts()

    def test_delete_one_post_with_translations_twenty_times(self) -> None:
        post = Post.objects.create(author=self.star, body="x")
        Translation.objects.create(post=post, language="es", text="x", service="x")
        gone = [partial(delete_post, post=Post.objects.get()) for _ in range(THREADS)]
        self.assertEqual(at_once(*gone), [])
        self.assertFalse(Post.objects.exists())

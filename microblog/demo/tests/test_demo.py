from io import StringIO

from django.core.management import CommandError, call_command
from django.test import TestCase

from accounts.models import User
from posts.models import Post
from social.models import Follow


def demo(**options: int) -> str:
    out = StringIO()
    options = {"people": 40, "posts": 300, "follows": 200, "seed": 7} | options
    call_command("demo", no_index=True, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


class DemoTests(TestCase):
    def test_fills_an_empty_site_with_exact_counts(self) -> None:
        out = demo()
        self.assertEqual(User.objects.count(), 40)
        self.assertEqual(Post.objects.count(), 300)
        self.assertEqual(Follow.objects.count(), 200)
        for person in User.objects.all():
            self.assertEqual(person.follower_count, person.follower_set.count())
            self.assertEqual(person.following_count, person.following_set.count())
        nickname, password = out.split()[3], out.split()[-1]
        self.assertTrue(self.client.login(username=nickname, password=password))

    def test_has_many_languages_and_some_silent_users(self) -> None:
        demo(people=100)
        self.assertGreater(Post.objects.values("language").distinct().count(), 8)
        writers = Post.objects.values("author").distinct().count()
        self.assertLess(writers, 100)
        longest = max(len(post.body) for post in Post.objects.all())
        self.assertLessEqual(longest, 140)

    def test_is_the_same_for_the_same_seed(self) -> None:
        demo()
        rows = Post.objects.order_by("pk").values_list("pk", "author__username", "body")
        first = list(rows)
        Post.objects.all().delete()
        User.objects.all().delete()
        demo()
        self.assertEqual(first, list(rows.all()))

    def test_refuses_a_site_that_has_posts(self) -> None:
        demo()
        with self.assertRaises(CommandError):
            demo()
        self.assertEqual(Post.objects.count(), 300)

"""The home page."""

from django.test import TestCase

from accounts.tests.factories import create_user
from posts.models import Post
from posts.tests.factories import create_post
from social.tests.factories import follow
from timelines.pages import DENSE_READER


class HomeTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan, cls.john = create_user("susan"), create_user("john")
        cls.stranger = create_user("stranger")
        follow(cls.susan, cls.john)

    def setUp(self) -> None:
        self.client.force_login(self.susan)
        self.client.get("/")  # notes last_seen

    def test_shows_followed_and_own_posts_newest_first(self) -> None:
        first = create_post(self.john, "from john")
        second = create_post(self.susan, "from susan")
        create_post(self.stranger, "from a stranger")
        response = self.client.get("/")
        self.assertEqual(response.context["page"].rows, [second, first])
        self.assertEqual(
            self.client.get("/index").context["page"].rows, [second, first]
        )

    def test_asks_for_a_login(self) -> None:
        self.client.logout()
        response = self.client.get("/", follow=True)
        self.assertContains(response, "Please log in to access this page.", count=1)

    def test_invites_when_empty(self) -> None:
        self.assertContains(self.client.get("/"), "find people to follow")

    def test_number_of_queries_does_not_depend_on_posts(self) -> None:
        with self.assertNumQueries(5):
            self.client.get("/")
        for number in range(30):
            create_post(self.john, f"number {number}")
        with self.assertNumQueries(5):
            self.client.get("/")

    def test_at_most_five_queries_for_a_reader_of_many(self) -> None:
        users = type(self.susan).objects.filter(pk=self.susan.pk)
        users.update(following_count=DENSE_READER)
        create_post(self.john, "one")
        with self.assertNumQueries(5):
            self.client.get("/")

    def test_pages(self) -> None:
        posts = [create_post(self.john, f"number {n}") for n in range(45)][::-1]
        page = self.client.get("/")
        self.assertNotContains(page, "Newer posts")
        page = self.client.get(f"/?before={posts[19].pk}")
        self.assertEqual(page.context["page"].rows, posts[20:40])
        self.assertContains(page, "Newer posts")
        page = self.client.get(f"/?before={posts[39].pk}")
        self.assertEqual(page.context["page"].rows, posts[40:])
        self.assertNotContains(page, "Older posts")
        page = self.client.get(f"/?after={posts[20].pk}")
        self.assertEqual(page.context["page"].rows, posts[:20])
        self.assertNotContains(page, "Newer posts")

    def test_broken_cursors_are_not_found(self) -> None:
        for cursor in ("0x1", "-1", "1e3", "٣", "9" * 40, "a", "1;2"):
            self.assertEqual(self.client.get("/", {"before": cursor}).status_code, 404)
        for cursor in ("", "0", str(2**63), "9" * 19):
            self.assertEqual(self.client.get("/", {"before": cursor}).status_code, 200)

    def test_posting_shows_the_post_and_redirects(self) -> None:
        response = self.client.post("/", {"body": "A new thing"}, follow=True)
        self.assertRedirects(response, "/")
        self.assertContains(response, "Your post is now live!")
        self.assertContains(response, "A new thing")

    def test_an_error_keeps_the_text(self) -> None:
        response = self.client.post("/", {"body": "y" * 141})
        self.assertContains(response, "y" * 141, status_code=422)
        self.assertFalse(Post.objects.exists())

    def test_is_private_to_caches(self) -> None:
        response = self.client.get("/")
        self.assertIn("private", response["Cache-Control"])

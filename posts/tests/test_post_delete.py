"""Deleting a post."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.test import TestCase
from django.urls import reverse

from accounts.tests.factories import create_user
from posts.models import Post
from posts.tests.factories import create_post

if TYPE_CHECKING:
    from accounts.models import User


class PostDeleteTests(TestCase):
    """Users delete only their own posts, only by POST, without open redirects."""

    susan: User
    post: Post

    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan")
        cls.post = create_post(cls.susan)
        cls.url = reverse("posts:post-delete", args=[cls.post.pk])

    def test_works(self) -> None:
        self.client.force_login(self.susan)
        response = self.client.post(self.url, follow=True)
        self.assertContains(response, "Your post has been deleted.")
        self.assertFalse(Post.objects.exists())

    def test_redirects_from_the_posts_own_pages_to_one_that_exists(self) -> None:
        self.client.force_login(self.susan)
        for ending in ("", "?x=1", "/translate"):
            with self.subTest(ending):
                post = create_post(self.susan)
                page = post.get_absolute_url()
                data = {"next": page + ending}
                response = self.client.post(f"{page}/delete", data, follow=True)
                self.assertContains(response, "Your post has been deleted.")

    def test_refuses_get(self) -> None:
        self.client.force_login(self.susan)
        response = self.client.get(self.url)
        post = Post.objects.get().get_absolute_url()
        button = f'href="{post}">Back to the page</a>'
        self.assertContains(response, button, status_code=405)
        self.assertTrue(Post.objects.exists())

    def test_refuses_another_users_post(self) -> None:
        self.client.force_login(create_user("john"))
        response = self.client.post(self.url, follow=True)
        self.assertContains(response, "You cannot delete this post.")
        self.assertTrue(Post.objects.exists())

    def test_asks_for_a_login(self) -> None:
        self.assertEqual(self.client.post(self.url).status_code, 302)
        self.assertTrue(Post.objects.exists())

    def test_answers_404_for_a_missing_post(self) -> None:
        self.client.force_login(self.susan)
        for pk in (1, 2**63, 10**40):
            with self.subTest(pk=pk):
                url = reverse("posts:post-delete", args=[pk])
                self.assertEqual(self.client.post(url).status_code, 404)

    def test_never_goes_to_another_host(self) -> None:
        self.client.force_login(self.susan)
        response = self.client.post(self.url, {"next": "//evil.example/"})
        self.assertRedirects(response, "/", fetch_redirect_response=False)

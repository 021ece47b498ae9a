"""The form for posts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.test import TestCase

from accounts.tests.factories import create_user
from posts.forms import PostForm
from posts.models import Post

if TYPE_CHECKING:
    from accounts.models import User


class PostFormTests(TestCase):
    """Valid and invalid posts."""

    susan: User

    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan")

    def test_counts_code_points_and_one_per_line_end(self) -> None:
        self.assertTrue(PostForm({"body": "😀" * 140}).is_valid())
        self.assertTrue(PostForm({"body": "a" + "\r\n" * 138 + "b"}).is_valid())
        self.assertFalse(PostForm({"body": "a" * 141}).is_valid())

    def test_refuses_what_is_empty_or_blank(self) -> None:
        for body in ("", "   ", "\r\n\t"):
            with self.subTest(body=body):
                self.assertIn("body", PostForm({"body": body}).errors)

    def test_posts_once_when_sent_twice(self) -> None:
        pks = set()
        for _ in range(2):
            form = PostForm({"body": "Hello", "submission": "7"})
            self.assertTrue(form.is_valid())
            pks.add(form.publish(self.susan).pk)
        self.assertEqual(len(pks), 1)
        self.assertEqual(Post.objects.count(), 1)

    def test_keeps_the_language_that_the_author_chose(self) -> None:
        form = PostForm({"body": "Hello my friends", "language": "es"})
        self.assertTrue(form.is_valid())
        self.assertEqual(form.publish(self.susan).language, "es")

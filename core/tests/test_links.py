"""Addresses of users and posts, and images, as reverse() would give them."""

from django.test import SimpleTestCase
from django.urls import reverse, set_script_prefix

from core.links import path_to


class PathTests(SimpleTestCase):
    def test_is_what_reverse_gives(self) -> None:
        for name in ("susan", "a.b_c", "~x", "a b", "é", "x/y", "%41"):
            with self.subTest(name):
                expected = reverse("timelines:profile", args=[name.replace("/", "")])
                self.assertEqual(
                    path_to("timelines:profile", name.replace("/", "")), expected
                )
        for number in (0, 1, 2**62):
            expected = reverse("posts:post", args=[number])
            self.assertEqual(path_to("posts:post", number), expected)

    def test_stands_below_the_sub_path(self) -> None:
        self.addCleanup(set_script_prefix, "/")
        self.assertEqual(path_to("posts:post", 7), "/post/7")
        set_script_prefix("/microblog/")
        self.assertEqual(path_to("posts:post", 7), "/microblog/post/7")

    def test_what_stands_behind_the_value_stays(self) -> None:
        self.assertEqual(path_to("posts:post-delete", 7), "/post/7/delete")

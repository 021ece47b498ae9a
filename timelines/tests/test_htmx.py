"""What htmx is answered: parts of pages, with the right status."""

import re
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.test import TestCase, override_settings
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import create_user
from posts.models import Post
from posts.tests.factories import create_post
from social.models import Follow

NONCE = "aNameThatThePageKnew"
HTMX = {"HX-Request": "true", "HX-Nonce": NONCE}


class PartTestCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.reader = create_user("reader", language="en")
        cls.susan = create_user("susan")
        for number in range(30):
            create_post(cls.reader, f"Post {number:02}")

    def setUp(self) -> None:
        self.client.force_login(self.reader)

    def part(self, html: str) -> str:
        self.assertNotIn("<html", html)
        for mark in re.findall(r'data-htmx="([^"]*)"', html):
            self.assertEqual(mark, NONCE)
        return html

    def get(self, url: str, **headers: str) -> str:
        response = self.client.get(url, headers={**HTMX, **headers})
        self.assertEqual(response.status_code, 200)
        self.assertIn("HX-Request", response["Vary"])
        return self.part(response.content.decode())

    def post(self, url: str, status: int = 200, **data: Any) -> str:
        response = self.client.post(url, data, headers={**HTMX, **data.pop("to", {})})
        self.assertEqual(response.status_code, status)
        return self.part(response.content.decode())


class OlderTests(PartTestCase):
    def test_older_posts_come_with_the_way_to_still_older_ones(self) -> None:
        bodies = [f"Post {number:02}" for number in reversed(range(30))]
        for url in ("/", "/explore", "/user/reader"):
            with self.subTest(url), override_settings(POSTS_PER_PAGE=12):
                page = self.client.get(url).content.decode()
                shown = re.findall(r"Post \d\d", page)
                seen = 0
                while older := re.search(r'hx-get="([?]before=\d+)"', page):
                    # Without htmx, the same link leads to the page.
                    self.assertIn(f'href="{older[1]}"', page)
                    page = self.get(url + older[1])
                    self.assertNotIn('rel="prev"', page)
                    self.assertRegex(page, r'^\s*<div class="feed" [^>]*autofocus')
                    shown += re.findall(r"Post \d\d", page)
                    seen += 1
                self.assertEqual(shown, bodies)
                self.assertEqual(seen, 2)

    def test_more_people_come_the_same_way(self) -> None:
        for number in range(5):
            fan = create_user(f"fan{number}")
            Follow.objects.create(follower=fan, followed=self.susan)
        url = reverse("timelines:followers", args=["susan"])
        with override_settings(POSTS_PER_PAGE=3):
            page = self.client.get(url).content.decode()
            (older,) = re.findall(r'hx-get="([?]before=\d+)"', page)
            rest = self.get(url + older)
        names = re.findall(r">(fan\d)</a>", page + rest)
        self.assertEqual(sorted(names), [f"fan{number}" for number in range(5)])

    def test_a_mark_that_is_none_is_not_repeated(self) -> None:
        for mark in ('x" hx-get="/evil', "short", "N" * 21, "Ñ" * 20):
            headers = {"HX-Request": "true", "HX-Nonce": mark}
            html = self.client.get("/", headers=headers).content.decode()
            found = set(re.findall(r'data-htmx="([^"]*)"', html))
            self.assertRegex(found.pop(), r"\A[A-Za-z]{20}\Z")
            self.assertFalse(found)

    def test_only_htmx_chooses_the_mark(self) -> None:
        html = self.client.get("/", headers={"HX-Nonce": NONCE}).content.decode()
        self.assertIn("<html", html)
        self.assertNotIn(NONCE, html)

    def test_a_session_that_has_ended_leads_to_the_login_page(self) -> None:
        self.client.logout()
        response = self.client.get("/?before=9", headers=HTMX)
        self.assertEqual(response.status_code, 401)
        self.assertIn("/account/login/", response["HX-Redirect"])


class FollowTests(PartTestCase):
    def test_the_button_the_count_and_a_message_are_answered(self) -> None:
        url = reverse("social:follow", args=["susan"])
        html = self.post(url)
        self.assertTrue(Follow.objects.filter(followed=self.susan).exists())
        other = reverse("social:unfollow", args=["susan"])
        self.assertIn(f'hx-post="{other}"', html)
        self.assertRegex(html, r">\s*Unfollow\s*</button>")
        self.assertIn("You are now following susan!", html)
        self.assertIn('hx-swap-oob="innerHTML:#messages"', html)
        self.assertRegex(
            html, rf"data-followers='{self.susan.pk}'\][^>]*>\s*1 follower"
        )
        html = self.post(other)
        self.assertFalse(Follow.objects.exists())
        self.assertIn(f'hx-post="{url}"', html)
        self.assertRegex(html, r"\]\"[^>]*>\s*0 followers")
        # A message that was shown is not shown again.
        self.assertNotContains(self.client.get("/"), "following susan")

    def test_the_focus_finds_its_button_again(self) -> None:
        profile = self.client.get(self.susan.get_absolute_url()).content.decode()
        card = self.client.get("/user/susan/card").content.decode()
        for place, before in (("profile", profile), ("card", card)):
            with self.subTest(place):
                button = f'id="{place}-follow-button"'
                self.assertIn(f'id="{place}-follow"', before)
                self.assertIn(button, before)
                url = reverse("social:follow", args=["susan"])
                answer = self.post(url, to={"HX-Target": f"{place}-follow"})
                self.assertIn(button, answer)

    @override_settings(RATE_LIMITS={**settings.RATE_LIMITS, "follow": "1/m/user"})
    def test_a_refusal_leaves_the_button_and_says_why(self) -> None:
        cache.clear()
        self.addCleanup(cache.clear)
        self.post(reverse("social:follow", args=["susan"]))
        url = reverse("social:unfollow", args=["susan"])
        html = self.post(url, status=429)
        self.assertIn("Nothing was changed.", html)
        self.assertIn(f'hx-post="{url}"', html)
        self.assertTrue(Follow.objects.exists())

    def test_an_account_that_is_gone_is_told_in_a_part(self) -> None:
        User.objects.filter(pk=self.susan.pk).delete()
        url = reverse("social:follow", args=["susan"])
        response = self.client.post(url, headers=HTMX)
        self.assertEqual(response.status_code, 404)
        self.assertEqual(response["HX-Reswap"], "beforeend")
        self.assertRegex(
            self.part(response.content.decode()), '^<div [^>]*role="alert"'
        )


class DeleteTests(PartTestCase):
    def test_a_text_stands_in_the_place_of_the_post(self) -> None:
        post = Post.objects.first()
        assert post
        html = self.post(f"{post.get_absolute_url()}/delete", next="/")
        self.assertFalse(Post.objects.filter(pk=post.pk).exists())
        self.assertRegex(html, r"<p [^>]*autofocus>\s*Your post has been deleted.")
        self.assertNotContains(self.client.get("/"), "has been deleted")

    def test_the_posts_own_page_is_left(self) -> None:
        post = Post.objects.first()
        assert post
        url = post.get_absolute_url()
        response = self.client.post(f"{url}/delete", {"next": url}, headers=HTMX)
        self.assertEqual(response["HX-Redirect"], "/")
        self.assertContains(self.client.get("/"), "Your post has been deleted.")

    def test_somebody_elses_post_stays(self) -> None:
        post = create_post(self.susan)
        url = post.get_absolute_url()
        response = self.client.post(f"{url}/delete", headers=HTMX)
        self.assertEqual(response["HX-Redirect"], url)
        self.assertContains(self.client.get(url), "You cannot delete this post.")

    def test_a_post_that_is_gone_is_told_in_a_part(self) -> None:
        response = self.client.post("/post/1/delete", headers=HTMX)
        self.assertContains(response, "Post not found.", status_code=404)
        self.part(response.content.decode())

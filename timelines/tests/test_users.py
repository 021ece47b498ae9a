"""Profiles, lists of users and the card."""

from django.test import TestCase, override_settings
from django.utils import timezone
from django.utils.translation import get_language

from accounts.models import User
from accounts.tests.factories import create_user
from posts.tests.factories import create_post
from social.tests.factories import follow


class PeopleTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan", about_me="I like birds")
        cls.john = create_user("john")
        follow(cls.john, cls.susan)
        User.objects.update(last_seen=timezone.now())

    def setUp(self) -> None:
        self.client.force_login(self.john)

    def test_profile_shows_the_user(self) -> None:
        post = create_post(self.susan, "Hello there")
        create_post(self.john, "Not mine")
        response = self.client.get("/user/susan")
        for text in (
            "I like birds",
            "1 follower",
            "0 following",
            "Last seen",
            "Unfollow",
        ):
            self.assertContains(response, text)
        self.assertContains(response, 'width="128"')
        self.assertEqual(response.context["page"].rows, [post])

    def test_offers_the_one_fitting_action(self) -> None:
        self.client.force_login(self.susan)
        response = self.client.get("/user/john")
        self.assertContains(response, "Follows you")
        self.assertContains(response, 'action="/user/john/follow"')
        response = self.client.get("/user/susan")
        self.assertContains(response, "Edit your profile")
        self.assertNotContains(response, '/user/susan/follow"')

    def test_last_seen_is_a_date_in_the_readers_language_and_zone(self) -> None:
        User.objects.filter(pk=self.susan.pk).update(last_seen="2026-03-01T23:30:00Z")
        User.objects.filter(pk=self.john.pk).update(
            language="es", time_zone="Asia/Tokyo"
        )
        response = self.client.get("/user/susan")
        self.assertContains(response, "2 de marzo de 2026")
        self.client.cookies["timezone"] = "America/New_York"  # the profile's counts
        self.assertContains(self.client.get("/user/susan"), "2 de marzo de 2026")

    def test_a_readers_language_and_zone_are_nobody_elses(self) -> None:
        User.objects.filter(pk=self.john.pk).update(
            language="es", time_zone="Asia/Tokyo"
        )
        self.assertContains(self.client.get("/user/susan"), 'lang="es"')
        self.assertEqual(get_language(), "en")
        self.assertEqual(timezone.get_current_timezone_name(), "UTC")

    def test_other_case_redirects_to_the_canonical_url(self) -> None:
        self.assertRedirects(self.client.get("/user/SuSan"), "/user/susan", 301)

    def test_nobody_is_not_found(self) -> None:
        for name in ("nobody", "..%2f", "%F0%9F%98%80"):
            response = self.client.get(f"/user/{name}")
            self.assertEqual(response.status_code, 404, name)
        response = self.client.get("/user/nobody")
        self.assertContains(response, "User nobody not found.", status_code=404)

    def test_lists_of_users(self) -> None:
        response = self.client.get("/user/susan/followers")
        self.assertEqual(response.context["users"], [self.john])
        response = self.client.get("/user/john/following")
        self.assertEqual(response.context["users"], [self.susan])
        self.assertContains(self.client.get("/user/john/followers"), "Nobody yet.")

    def test_lists_leave_out_suspended_users(self) -> None:
        other = create_user("other")
        follow(other, self.susan)
        User.objects.filter(pk=other.pk).update(suspended_at=timezone.now())
        response = self.client.get("/user/susan/followers")
        self.assertEqual(response.context["users"], [self.john])
        self.assertEqual(self.client.get("/user/other").status_code, 404)

    def test_card(self) -> None:
        response = self.client.get("/user/susan/card")
        self.assertContains(response, "I like birds")
        self.assertContains(response, "Unfollow")
        self.assertNotContains(response, "<html")

    def test_number_of_queries_does_not_depend_on_rows(self) -> None:
        pages = {
            "/user/susan": 5,
            "/user/john": 4,
            "/user/susan/followers": 5,
            "/user/susan/card": 4,
            "/explore": 4,
        }
        create_post(self.john, "the first")
        follow(create_user("first_fan"), self.susan)
        self.client.get("/")
        for path, number in pages.items():
            with self.subTest(path), self.assertNumQueries(number):
                self.client.get(path)
        for number in range(25):
            user = create_user(f"fan{number}")
            follow(user, self.susan)
            create_post(self.susan, f"number {number}")
        for path, number in pages.items():
            with self.subTest(path), self.assertNumQueries(number):
                self.client.get(path)

    def test_visitors_read_what_the_owner_made_public(self) -> None:
        self.client.logout()
        pages = ("/explore", "/user/susan", "/user/susan/followers", "/user/susan/card")
        for path in pages:
            self.assertEqual(self.client.get(path).status_code, 302, path)
        with override_settings(PUBLIC_READING=True):
            for path in pages:
                self.assertEqual(self.client.get(path).status_code, 200, path)

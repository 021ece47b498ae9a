"""URLs with an extra slash, ``/favicon.ico`` and ``/robots.txt``."""

from django.test import TestCase, override_settings
from django.urls import set_script_prefix

from accounts.tests.factories import create_user


class SlashTests(TestCase):
    def test_an_address_with_a_slash_redirects_to_the_page(self) -> None:
        for path, page in (
            ("/explore/", "/explore"),
            ("/user/susan/", "/user/susan"),
            ("/user/susan/followers//", "/user/susan/followers"),
            ("/post/12/?a=b&c=%C3%A9", "/post/12?a=b&c=%C3%A9"),
            ("/search/?q=a", "/search?q=a"),
            ("/user/jos%C3%A9/", "/user/jos%C3%A9"),
        ):
            with self.subTest(path):
                response = self.client.get(path)
                self.assertEqual(response.status_code, 301)
                self.assertEqual(response["Location"], page)

    def test_what_is_no_page_without_it_either_is_not_found(self) -> None:
        for path in ("/nowhere/", "/%2Fevil.example/", "/user/../", "/post/x/"):
            with self.subTest(path):
                self.assertEqual(self.client.get(path).status_code, 404)

    def test_pages_with_a_slash_stay_where_they_are(self) -> None:
        self.assertEqual(self.client.get("/account/login/").status_code, 200)
        self.assertRedirects(
            self.client.get("/account/login"), "/account/login/", status_code=301
        )

    def test_nothing_is_posted_to_a_redirect(self) -> None:
        self.client.force_login(create_user())
        response = self.client.post("/user/susan/follow/")
        self.assertEqual(response.status_code, 404)

    def test_keeps_the_sub_path(self) -> None:
        set_script_prefix("/microblog/")
        self.addCleanup(set_script_prefix, "/")
        response = self.client.get("/explore/")
        self.assertEqual(response["Location"], "/microblog/explore")


class SiteFileTests(TestCase):
    def test_the_icon_is_where_programs_look_for_it(self) -> None:
        response = self.client.get("/favicon.ico")
        self.assertEqual(response.status_code, 302)
        self.assertTrue(response["Location"].endswith("img/favicon.ico"))
        self.assertIn("public", response["Cache-Control"])

    def test_robots_list_nothing_of_a_closed_site(self) -> None:
        text = self.client.get("/robots.txt").text.splitlines()
        self.assertEqual(text, ["User-agent: *", "Disallow: /"])

    @override_settings(PUBLIC_READING=True)
    def test_robots_list_what_everybody_may_read(self) -> None:
        text = self.client.get("/robots.txt").text.splitlines()
        self.assertNotIn("Disallow: /", text)
        self.assertIn("Disallow: /account/", text)
        self.assertIn("Disallow: /search", text)

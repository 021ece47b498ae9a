"""Atom feeds of Explore and of a person."""

from xml.etree import ElementTree as ET

from django.test import TestCase, override_settings

from accounts.tests.factories import create_user
from posts.services import delete_post
from posts.tests.factories import create_post

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@override_settings(PUBLIC_READING=True, SITE_URL="https://blog.example")
class FeedTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan", about_me="Birds <3")
        cls.john = create_user("john")
        cls.post = create_post(cls.susan, "Hello & <b>welcome</b>")
        create_post(cls.john, "Good day")

    def entries(self, path: str) -> list[ET.Element]:
        response = self.client.get(path)
        self.assertEqual(response.status_code, 200)
        return ET.fromstring(response.content).findall("a:entry", ATOM)  # noqa: S314

    def test_explore_shows_everybody(self) -> None:
        self.assertEqual(len(self.entries("/explore.atom")), 2)

    def test_a_person_shows_theirs_with_absolute_links(self) -> None:
        (entry,) = self.entries("/user/susan/feed.atom")
        self.assertIn("Hello & <b>welcome</b>", entry.findtext("a:title", "", ATOM))
        link = entry.find("a:link", ATOM)
        assert link is not None
        self.assertEqual(link.get("href"), f"https://blog.example/post/{self.post.pk}")

    def test_answers_304_when_nothing_changed(self) -> None:
        first = self.client.get("/explore.atom")
        for header, name in (
            ("ETag", "if-none-match"),
            ("Last-Modified", "if-modified-since"),
        ):
            with self.assertNumQueries(1):
                again = self.client.get("/explore.atom", headers={name: first[header]})
            self.assertEqual((again.status_code, again.content), (304, b""))

    def test_a_deleted_post_changes_the_tag(self) -> None:
        first = self.client.get("/explore.atom")
        delete_post(post=self.post)
        again = self.client.get(
            "/explore.atom", headers={"if-none-match": first["ETag"]}
        )
        self.assertEqual(again.status_code, 200)

    def test_unknown_person_is_not_found(self) -> None:
        self.assertEqual(self.client.get("/user/nobody/feed.atom").status_code, 404)

    @override_settings(PUBLIC_READING=False)
    def test_a_private_site_asks_for_a_login(self) -> None:
        self.assertEqual(self.client.get("/explore.atom").status_code, 302)

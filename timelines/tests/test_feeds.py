"""Atom feeds of Explore and of a user."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from django.db import connection
from django.test import SimpleTestCase, TestCase, override_settings
from django.utils import timezone
from django.utils.http import http_date
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.tests.factories import create_user
from moderation.services import suspend_user
from posts.models import Post
from posts.services import delete_post
from posts.tests.factories import create_post
from timelines.atom import AtomFeed, write_feed
from timelines.tests.rfc4287 import ATOM, LANGUAGE, errors_of

FEEDS = ("/explore.atom", "/user/susan/feed.atom")
# Refused by forms, but possible in an old row.
OLD_TEXTS = (
    "a\ufffeb\uffffc", "\x01\x1b\x9b", "]]>&<b>\"'", "\ufdd0\U0010ffff", "\u202e\u2066",
    "&amp; &#65;", "<script>", "\u2028\r\n\t", "a\0b",
)  # fmt: skip


def overwrite(table: str, column: str, pk: int, text: str) -> None:
    """Change a row without validation."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [text, pk])  # noqa: S608


class FeedTestCase(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan", about_me="Birds <3")
        cls.john = create_user("john")
        cls.post = create_post(cls.susan, "Hello & <b>welcome</b>")
        cls.other = create_post(cls.john, "Buenos días", language="es")

    def document(self, path: str) -> ET.Element:
        response = self.client.get(path)
        self.assertEqual(response.status_code, 200)
        self.assertEqual(errors_of(response.content), [])
        return ET.fromstring(response.content)  # noqa: S314

    def entries(self, path: str) -> list[ET.Element]:
        return self.document(path).findall(f"{ATOM}entry")

    def link(self, element: ET.Element, rel: str) -> str:
        (link,) = (a for a in element.findall(f"{ATOM}link") if a.get("rel") == rel)
        return link.get("href", "")


@override_settings(PUBLIC_READING=True, SITE_URL="https://blog.example/sub")
class FeedTests(FeedTestCase):
    def test_explore_shows_everybody(self) -> None:
        self.assertEqual(len(self.entries("/explore.atom")), 2)

    def test_a_user_shows_theirs_as_text_with_absolute_links(self) -> None:
        (entry,) = self.entries("/user/susan/feed.atom")
        summary = entry.find(f"{ATOM}summary")
        assert summary is not None
        self.assertEqual(summary.get("type"), "text")
        self.assertEqual(summary.text, "Hello & <b>welcome</b>")
        address = f"https://blog.example/sub/post/{self.post.pk}"
        self.assertEqual(self.link(entry, "alternate"), address)

    def test_valid_for_whatever_is_stored(self) -> None:
        for text in OLD_TEXTS:
            if "\0" in text and connection.vendor == "postgresql":
                continue  # which cannot hold it
            # Not alone: MariaDB takes some of these for nothing.
            overwrite("posts_post", "body", self.post.pk, f"a{text}")
            overwrite("accounts_user", "about_me", self.susan.pk, text)
            for path in FEEDS:
                with self.subTest(f"{path} {text!a}"):
                    self.document(path)
        overwrite("posts_post", "language", self.post.pk, "x-1!")
        self.document("/explore.atom")

    def test_valid_without_posts(self) -> None:
        Post.objects.all().delete()
        for path in FEEDS:
            first = self.client.get(path)
            self.assertEqual(errors_of(first.content), [])
            self.assertEqual(self.client.get(path).content, first.content)

    def test_self_comes_from_the_address_of_the_site(self) -> None:
        for path in FEEDS:
            feed = self.client.get(path, headers={"host": "localhost"}).content
            self.assertNotIn(b"localhost", feed)
            self.assertEqual(
                self.link(self.document(path), "self"),
                f"https://blog.example/sub{path}",
            )
        address = self.link(self.document("/user/SUSAN/feed.atom"), "self")
        self.assertEqual(address, "https://blog.example/sub/user/susan/feed.atom")

    def ids(self, path: str) -> list[str | None]:
        feed = self.document(path)
        return [element.text for element in feed.iter(f"{ATOM}id")]

    def test_ids_do_not_change(self) -> None:
        before = self.ids("/user/susan/feed.atom") + self.ids("/explore.atom")
        self.assertEqual(len(set(before)), 4)
        self.susan.username = "susan2"
        self.susan.save()
        with override_settings(SITE_URL="http://blog.example:8000/sub"):
            after = self.ids("/user/susan2/feed.atom") + self.ids("/explore.atom")
        self.assertEqual(after, before)
        with override_settings(SITE_URL="https://another.example"):
            self.assertFalse(set(self.ids("/explore.atom")) & set(before))

    def test_languages(self) -> None:
        unknown = create_post(self.susan, "123", language="")
        for reader in ("en", "es"):
            response = self.client.get(
                "/explore.atom", headers={"accept-language": reader}
            )
            feed = ET.fromstring(response.content)  # noqa: S314
            self.assertIsNone(feed.get(LANGUAGE))
            title = feed.find(f"{ATOM}title")
            assert title is not None
            self.assertEqual(title.get(LANGUAGE), reader)
            found = {
                entry.findtext(f"{ATOM}summary"): entry.get(LANGUAGE)
                for entry in feed.findall(f"{ATOM}entry")
            }
            self.assertEqual(found[unknown.body], None)
            self.assertEqual(found["Buenos días"], "es")
            self.assertEqual(found[self.post.body], "en")

    def test_titles_are_one_line_and_isolated(self) -> None:
        self.post = create_post(self.susan, "שלום\nעולם " + "ש" * 100, language="he")
        title = self.entries("/user/susan/feed.atom")[0].findtext(f"{ATOM}title", "")
        self.assertTrue(title.startswith("susan: \u2068שלום עולם"), title)
        self.assertTrue(title.endswith("…\u2069"), title)

    def test_hidden_users_and_posts_are_in_no_feed(self) -> None:
        suspend_user(user=self.susan, by=self.john)
        (entry,) = self.entries("/explore.atom")
        self.assertEqual(entry.findtext(f"{ATOM}summary"), "Buenos días")
        self.assertEqual(self.client.get("/user/susan/feed.atom").status_code, 404)

    def test_unknown_user_is_not_found(self) -> None:
        self.assertEqual(self.client.get("/user/nobody/feed.atom").status_code, 404)

    def test_only_reading(self) -> None:
        for path in FEEDS:
            self.assertEqual(self.client.post(path).status_code, 405)
            head = self.client.head(path)
            self.assertEqual((head.status_code, head.content), (200, b""))

    def test_pages_offer_feeds(self) -> None:
        self.assertContains(self.client.get("/explore"), 'href="/explore.atom"', 2)
        page = self.client.get("/user/susan")
        self.assertContains(page, 'href="/user/susan/feed.atom"', 2)


@override_settings(PUBLIC_READING=True)
class ConditionalTests(FeedTestCase):
    """Every change changes the response to requests by ETag, date or both."""

    path = "/user/susan/feed.atom"

    def again(self, first: Any, *names: str) -> Any:
        now = http_date(timezone.now().timestamp() + 60)
        asked = {"if-none-match": first["ETag"], "if-modified-since": now}
        headers = {name: asked[name] for name in names}
        return self.client.get(self.path, headers=headers)

    def assert_changed(self, first: Any) -> None:
        for names in (
            ("if-none-match",),
            ("if-modified-since",),
            ("if-none-match", "if-modified-since"),
        ):
            self.assertEqual(self.again(first, *names).status_code, 200, names)

    def updated(self) -> str:
        return self.document(self.path).findtext(f"{ATOM}updated", "")

    def test_304_when_nothing_changed(self) -> None:
        for self.path in FEEDS:
            first = self.client.get(self.path)
            self.assertNotIn("Last-Modified", first)
            for names in (("if-none-match",), ("if-none-match", "if-modified-since")):
                with self.assertNumQueries(2):
                    again = self.again(first, *names)
                self.assertEqual((again.status_code, again.content), (304, b""))
                self.assertEqual(again["ETag"], first["ETag"])

    def test_a_deleted_post(self) -> None:
        create_post(self.susan, "The newest")
        for self.path in FEEDS:
            post = create_post(self.susan, "Deleted soon")
            older = Post.objects.by(self.susan).order_by("pk").first()
            for doomed in (older, post):
                first = self.client.get(self.path)
                delete_post(post=doomed)
                self.assert_changed(first)

    def test_an_edited_about_me(self) -> None:
        first, before = self.client.get(self.path), self.updated()
        self.client.force_login(self.susan)
        self.client.post("/edit", {"username": "susan", "about_me": "Fish"})
        self.client.logout()
        self.assert_changed(first)
        self.assertGreaterEqual(self.updated(), before)
        self.susan.refresh_from_db()
        stamp = self.susan.profile_changed_at.isoformat().partition(".")[0]
        self.assertTrue(self.updated().startswith(stamp), self.updated())

    def test_a_changed_nickname(self) -> None:
        self.path = "/explore.atom"
        first = self.client.get(self.path)
        self.susan.username = "susan2"
        self.susan.save()
        self.assert_changed(first)

    def test_a_suspended_author(self) -> None:
        self.path = "/explore.atom"
        first = self.client.get(self.path)
        suspend_user(user=self.susan, by=self.john)
        self.assert_changed(first)

    def test_what_does_not_show_changes_no_date(self) -> None:
        moment = User.objects.get(pk=self.susan.pk).profile_changed_at
        for user in (
            User.objects.get(pk=self.susan.pk),
            User.objects.only("language").get(pk=self.susan.pk),
        ):
            user.language = "es"
            with self.assertNumQueries(1):
                user.save(update_fields=["language"])
        self.assertEqual(User.objects.get(pk=self.susan.pk).profile_changed_at, moment)
        user = User.objects.get(pk=self.susan.pk)
        user.about_me = "Fish"
        user.save(update_fields=["about_me"])
        changed = User.objects.get(pk=self.susan.pk)
        self.assertGreater(changed.profile_changed_at, moment)


class GeneratedFeedTests(SimpleTestCase):
    @settings(max_examples=150, deadline=None)
    @given(text=st.text(st.characters(), max_size=140), language=st.text(max_size=5))
    def test_valid_for_every_text(self, text: str, language: str) -> None:
        author = User(username="susan")
        post = Post(pk=1 << 60, author=author, body=text, language=language)
        feed = AtomFeed(
            "urn:x:1",
            text,
            "en",
            "http://a/",
            "http://a/b",
            timezone.now(),
            [post],
            text,
        )
        self.assertEqual(errors_of(write_feed(feed)), [])


VALID = (
    '<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:x:1</id><title>t</title>'
    "<updated>2026-01-01T00:00:00Z</updated><entry><id>urn:x:2</id><title>t</title>"
    "<updated>2026-01-01T00:00:00Z</updated><author><name>n</name></author>"
    '<link rel="alternate" href="http://a/"/></entry></feed>'
)


class ValidatorTests(SimpleTestCase):
    def test_takes_what_is_valid(self) -> None:
        self.assertEqual(errors_of(VALID.encode()), [])

    def test_finds_what_is_not(self) -> None:
        for right, wrong in (
            ("<title>t</title>", ""),
            ("<title>t</title>", "<title>t</title>" * 2),
            ("<title>t</title>", "<title type='html5'>t</title>"),
            ("<title>t</title>", "<title>t<b>b</b></title>"),
            ("<title>t</title>", "<title>\x01</title>"),
            ("<title>t</title>", "<title>\ufffe</title>"),
            ("<title>t</title>", "<title xml:lang=''>t</title>"),
            ("<id>urn:x:1</id>", "<id>no id</id>"),
            ("<id>urn:x:1</id>", "<id>relative</id>"),
            ("2026-01-01T00:00:00Z", "2026-01-01 00:00"),
            ("<author><name>n</name></author>", ""),
            ("<name>n</name>", "<name> </name>"),
            ("<name>n</name>", ""),
            ('<link rel="alternate" href="http://a/"/>', ""),
            ('href="http://a/"', ""),
            (
                '<link rel="alternate" href="http://a/"/>',
                '<link href="http://a/"/>' * 2,
            ),
            ("<entry>", "<item/><entry>"),
        ):
            with self.subTest(wrong):
                self.assertIn(right, VALID)
                broken = VALID.replace(right, wrong, 1)
                self.assertNotEqual(errors_of(broken.encode()), [])

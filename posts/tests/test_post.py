"""A post's own page and how a post is drawn."""

import json
import unicodedata
from unittest.mock import patch

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, IntegrityError, transaction
from django.test import TestCase, override_settings
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import create_user
from core.ids import IdClock, id_at
from core.testing import http_server
from core.text import is_invisible
from posts.language_detection import base_language, detect_language
from posts.models import Post
from posts.tests.factories import create_post


class PostPageTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan", last_seen=timezone.now())
        cls.john = create_user("john")

    def setUp(self) -> None:
        cache.clear()
        self.client.force_login(self.susan)

    def test_shows_the_post_by_three_queries(self) -> None:
        post = create_post(self.john, "Hello there")
        with self.assertNumQueries(3):
            response = self.client.get(f"/post/{post.pk}")
        self.assertContains(response, "Hello there")
        self.assertContains(response, 'lang="en"')
        self.assertContains(response, f'href="/post/{post.pk}"')

    def test_not_found(self) -> None:
        for key in (1, 2**63, 10**40):
            response = self.client.get(f"/post/{key}")
            self.assertContains(response, "Post not found.", status_code=404)

    def test_of_a_suspended_user(self) -> None:
        post = create_post(self.john)
        User.objects.filter(pk=self.john.pk).update(suspended_at=timezone.now())
        self.assertEqual(self.client.get(f"/post/{post.pk}").status_code, 404)

    def test_delete_only_on_ones_own(self) -> None:
        for author, offered in ((self.susan, True), (self.john, False)):
            post = create_post(author)
            page = str(self.client.get(f"/post/{post.pk}").content)
            self.assertEqual(f"/post/{post.pk}/delete" in page, offered)

    def test_texts_are_escaped_and_links_are_safe(self) -> None:
        text = "<b>x</b> https://example.com/?a=1&b=2 javascript:alert(1)"
        response = self.client.get(f"/post/{create_post(self.john, text).pk}")
        self.assertContains(response, "&lt;b&gt;x&lt;/b&gt;")
        self.assertContains(response, 'href="https://example.com/?a=1&amp;b=2"')
        self.assertContains(response, 'rel="nofollow"')
        self.assertNotContains(response, 'href="javascript')

    def test_is_public_by_the_owners_choice(self) -> None:
        post = create_post(self.john)
        self.client.logout()
        self.assertEqual(self.client.get(f"/post/{post.pk}").status_code, 302)
        with override_settings(PUBLIC_READING=True):
            page = self.client.get(f"/post/{post.pk}")
        self.assertEqual(page.status_code, 200)
        self.assertNotContains(page, "translate")


class PostingTests(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan", last_seen=timezone.now())

    def setUp(self) -> None:
        cache.clear()
        self.client.force_login(self.susan)

    def say(self, body: str, **more: object) -> int:
        return self.client.post("/", {"body": body, **more}).status_code

    def test_bad_texts_are_refused_and_nothing_is_stored(self) -> None:
        for text in (
            "",
            " \r\n\t ",
            "\u200b\u200d",
            "a\0b",
            "a\x1bb",
            "x" * 141,
        ):
            self.assertEqual(self.say(text), 422, repr(text))
        self.assertFalse(Post.objects.exists())

    def test_lone_surrogates_are_no_error(self) -> None:
        self.client.post(
            "/", b"body=a%ED%A0%80b", content_type="application/x-www-form-urlencoded"
        )
        self.assertNotIn("\ud800", "".join(Post.objects.values_list("body", flat=True)))

    def test_counts_as_users_do(self) -> None:
        self.assertEqual(self.say("😀" * 140), 302)
        self.assertEqual(self.say("x\r\n" * 69 + "xx"), 302)

    def test_a_double_click_posts_once(self) -> None:
        for _ in range(2):
            self.assertEqual(self.say("Once", submission=77), 302)
        self.assertEqual(Post.objects.count(), 1)

    def test_an_id_that_another_process_drew_is_drawn_again(self) -> None:
        moment = timezone.now()
        taken = id_at(moment) | 7
        Post.objects.create(pk=taken, author=self.susan, body="The other process")
        with (
            patch("core.ids._clock", IdClock()),  # of another process
            patch("time.time_ns", return_value=int(moment.timestamp() * 1000) * 10**6),
            patch("secrets.randbits", return_value=7),
        ):
            self.assertEqual(self.say("At the same moment"), 302)
        self.assertEqual(Post.objects.get(body="At the same moment").pk, taken + 1)

    @override_settings(RATE_LIMITS={**settings.RATE_LIMITS, "post": "2/m/user"})
    def test_a_flood_is_slowed_and_its_text_kept(self) -> None:
        self.say("one")
        self.say("two")
        response = self.client.post("/", {"body": "the third text"})
        self.assertContains(response, "the third text", status_code=429)
        self.assertEqual(Post.objects.count(), 2)

    def test_costs_at_most_seven_queries(self) -> None:
        """Session, user, the limit's two (read, count), newest id, post, task.

        Savepoints stand for BEGIN and COMMIT.
        """
        self.say("The first loads the language model")
        with self.assertNumQueries(11) as queries:
            self.say("A text in English about the weather")
        asked = [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]
        self.assertEqual(len(asked), 7)

    def test_the_language_is_guessed_or_chosen(self) -> None:
        self.say("Hoy hace un día muy bonito en la montaña")
        self.assertEqual(Post.objects.get().language, "es")
        self.say("Pizza pasta Roma", language="it")
        self.assertTrue(Post.objects.filter(language="it").exists())
        self.assertEqual(self.say("Hello", language="xx"), 422)

    def test_the_database_refuses_an_empty_text(self) -> None:
        with self.assertRaises(IntegrityError), transaction.atomic():
            Post.objects.create(author=self.susan, body="")

    def test_the_database_refuses_a_text_that_is_too_long(self) -> None:
        Post.objects.create(author=self.susan, body="😀" * 140)
        with self.assertRaises(DatabaseError), transaction.atomic():
            Post.objects.create(author=self.susan, body="x" * 141)


class LanguageTests(TestCase):
    def test_guesses(self) -> None:
        for text, language in {
            "This is a beautiful morning by the lake": "en",
            "Es ist ein schöner Morgen am See": "de",
            "C'est une belle matinée au bord du lac": "fr",
            "Сегодня прекрасное утро у озера": "ru",
            "今天早上湖边很美丽": "zh",
            "今朝の湖はとても美しかったです": "ja",
            "صباح جميل عند البحيرة اليوم": "ar",
            "오늘 아침 호수는 정말 아름다웠어요": "ko",
        }.items():
            self.assertEqual(detect_language(text), language, text)

    def test_does_not_guess_where_there_is_nothing(self) -> None:
        for text in (
            "lol",
            "😀😀",
            "https://example.com/the/path",
            "@john #hi",
            "123",
            "",
        ):
            self.assertEqual(detect_language(text), "", text)

    def test_regions_make_no_other_language(self) -> None:
        for tag, base in {
            "en-GB": "en",
            "zh-hant": "zh",
            "nb": "no",
            "pt_BR": "pt",
        }.items():
            self.assertEqual(base_language(tag), base)


class ShortestTextTests(TestCase):
    """A text of one mark is a text, though some collations take it for none."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan")

    def setUp(self) -> None:
        cache.clear()
        self.client.force_login(self.susan)

    def test_each_is_posted_and_shown(self) -> None:
        marks = (
            "\u0301",
            "\u064b",
            "\u0600",
            "\u1ab0",
            "\u20dd",
            "\U0001f600",
            "\u093c",
        )
        for number, mark in enumerate(marks, 1):
            form = {"body": mark, "language": "", "submission": str(number)}
            response = self.client.post("/", form, follow=True)
            self.assertEqual(response.redirect_chain[-1][0], "/", ascii(mark))
            self.assertContains(response, mark)
        self.assertEqual({post.body for post in Post.objects.all()}, {*marks})

    def test_the_database_takes_every_mark(self) -> None:
        marks = [
            text
            for text in map(chr, range(0x300, 0x20000))
            if unicodedata.category(text)[0] in "MSL"
            and unicodedata.combining(text)
            and not is_invisible(text)
        ]
        self.assertGreater(len(marks), 500)
        posts = [Post(author=self.susan, body=mark) for mark in marks]
        Post.objects.bulk_create(posts)
        self.assertEqual(Post.objects.count(), len(marks))

    def test_the_database_takes_no_empty_text(self) -> None:
        with self.assertRaises(IntegrityError), transaction.atomic():
            Post.objects.create(author=self.susan, body="")
        page = self.client.post("/", {"body": " ", "language": "", "submission": "1"})
        self.assertContains(page, "Please write something", status_code=422)

    def test_a_translation_of_one_mark_is_kept(self) -> None:
        post = create_post(self.susan, "acento", language="es")
        with http_server() as server:
            server.body = json.dumps({"translatedText": "\u0301"}).encode()
            with override_settings(
                TRANSLATOR="libretranslate", TRANSLATOR_URL=server.url
            ):
                for _ in range(2):
                    page = self.client.post(f"/post/{post.pk}/translate")
                    self.assertContains(page, "\u0301")
            server.status = 500
            page = self.client.post(f"/post/{post.pk}/translate")
            self.assertContains(page, "\u0301")

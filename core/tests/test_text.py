"""One rule for every text from users and services."""

from __future__ import annotations

import unicodedata
from time import thread_time

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, models, transaction
from django.template.loader import render_to_string
from django.test import SimpleTestCase, TestCase

from accounts.interruptions import owner_token
from accounts.models import User
from accounts.tests.factories import create_user, reauthenticate
from core.bidi import isolate
from core.fields import CleanCharField
from core.text import (
    DEFAULT_IGNORABLE,
    CleanTextField,
    clean_text,
    is_invisible,
    replace_forbidden,
)
from posts.models import Post
from posts.tests.factories import create_post

NONCHARACTERS = [
    *range(0xFDD0, 0xFDF0),
    *(end - below for end in range(0xFFFF, 0x110000, 0x10000) for below in (0, 1)),
]
CONTROLS = [c for c in (*range(0x20), *range(0x7F, 0xA0)) if chr(c) not in "\t\n\r"]
# Each is invisible; the last three are tags.
INVISIBLE = (
    "\u2063\u061c\ufe0f\u034f\u00ad\u200b\u200d\u2060\ufeff\u2800\u3164\u115f\u17b4"
    "\u180b\u206a\uffa0\U0001d159\U0001d173\U000e0100\U000e0041\U000e007f\U000e0001"
)
OVERRIDES = "\u202a\u202b\u202d\u202e\u2066\u2067\u2068"


def depth(text: str) -> tuple[int, int]:
    """Return how deep the isolates of a text go below and end above zero."""
    level = lowest = 0
    for character in text:
        level += character in "\u2066\u2067\u2068"
        level -= character == "\u2069"
        lowest = min(lowest, level)
    return lowest, level


class CleanTextTests(SimpleTestCase):
    def test_what_never_gets_in(self) -> None:
        self.assertEqual(len(NONCHARACTERS), 66)
        for code in (*NONCHARACTERS, *CONTROLS, *range(0xD800, 0xE000)):
            with self.assertRaises(ValidationError, msg=hex(code)):
                clean_text(f"a{chr(code)}b")

    def test_what_users_need_gets_in_unchanged(self) -> None:
        for text in (
            "a\tb\nc",
            "👩‍👩‍👧‍👦 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿",
            "نمی‌خواهم",
            "क्‍ष",
            "\u200fשלום",
            "x\u0301",
            "\ue000 private",
            "\U0001fbff\U0001faff of a newer Unicode",
            "\U000e0fff\U0010fffd",
        ):
            with self.subTest(text):
                self.assertEqual(clean_text(text), text)

    def test_line_ends(self) -> None:
        self.assertEqual(clean_text("a\r\nb\rc\u2028d\u2029e"), "a\nb\nc\nd\ne")

    def test_long_gaps_are_closed(self) -> None:
        self.assertEqual(
            clean_text("a" + "\n\u2063 " * 138 + "\nb"), "a\n\u2063 \n\u2063 \nb"
        )

    def test_texts_that_show_nothing_count_as_empty(self) -> None:
        for character in INVISIBLE:
            for text in (character, f" {character}\n{character}"):
                with self.subTest(ascii(text)):
                    self.assertEqual(clean_text(text), "")
        self.assertEqual(clean_text(INVISIBLE + OVERRIDES + "\u2069\u202c"), "")
        self.assertFalse(is_invisible(INVISIBLE + "."))

    def test_the_table_holds_every_format_character_without_ink(self) -> None:
        """Python knows the category Cf; the visible ones are listed."""
        visible = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD}
        visible |= {0x110CD, *range(0x13430, 0x13440), *range(0xFFF9, 0xFFFC)}
        ignorable = {
            code for first, last in DEFAULT_IGNORABLE for code in range(first, last + 1)
        }
        self.assertEqual(len(ignorable), 4174)
        format_characters = {
            code for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"
        }
        self.assertLessEqual(format_characters - ignorable, visible)

    def test_overrides_become_isolates_of_the_same_direction(self) -> None:
        self.assertEqual(clean_text("a\u202egpj.exe\u202cb"), "a\u2067gpj.exe\u2069b")
        self.assertEqual(clean_text("a\u202dשלום"), "a\u2066שלום\u2069")
        self.assertEqual(
            clean_text("\u2067a\u202bb\u2069c"), "\u2067a\u2067b\u2069\u2069c"
        )
        self.assertEqual(clean_text("\u2067a\u202cb\u2069"), "\u2067ab\u2069")
        self.assertEqual(clean_text("a\u2069b\u202cc"), "abc")

    def test_each_line_is_balanced_and_cleaning_twice_changes_nothing(self) -> None:
        controls = OVERRIDES + "\u2069\u202c\n"
        for one in controls:
            for two in controls:
                for three in controls:
                    text = clean_text(f"a{one}b{two}ש{three}d")
                    self.assertEqual(clean_text(text), text)
                    self.assertFalse(set("\u202a\u202b\u202c\u202d\u202e") & set(text))
                    for line in text.split("\n"):
                        self.assertEqual(depth(line), (0, 0), ascii(text))

    def test_isolated_in_plain_text(self) -> None:
        self.assertEqual(isolate("Hello, wörld 😀"), "Hello, wörld 😀")
        self.assertEqual(isolate("שלום!"), "\u2068שלום!\u2069")
        self.assertEqual(isolate("a\u2069\u202eb"), "\u2068a\u2067b\u2069\u2069")
        self.assertEqual(isolate("a\nשלום\nb"), "a\n\u2068שלום\u2069\nb")
        self.assertEqual(isolate("\u200fa"), "\u2068\u200fa\u2069")

    def test_what_cannot_be_asked_again_is_shown_with_replacements(self) -> None:
        self.assertEqual(
            replace_forbidden("a\ufffe\0\ud800\u202eb"),
            "a\ufffd\ufffd\ufffd\u2067b\u2069",
        )

    def test_length_counts_what_is_stored(self) -> None:
        field = CleanTextField(limit=4)
        self.assertEqual(field.clean("  abcd\r\n"), "abcd")
        self.assertEqual(field.clean("a\u202eb"), "a\u2067b\u2069")
        for text in ("abcde", "abc\u202e" + "d", "x" * 5000):
            with self.assertRaises(ValidationError) as caught:
                field.clean(text)
            self.assertEqual(caught.exception.code, "max_length")

    def test_large_texts_cost_time_in_proportion(self) -> None:
        """Ten times the text, less than forty times the processor's time."""
        for pattern in ("\u202a", "\n", " ", "(\u2067"):
            times = []
            for number in (4_000, 40_000):
                text = pattern * number + "\u2069" * number + "x"
                begun = thread_time()
                replace_forbidden(text)
                clean_text(text)
                times.append(thread_time() - begun)
            self.assertLess(times[1], 40 * times[0] + 0.05, ascii(pattern))


class StoredTextTests(TestCase):
    def test_no_column_that_users_fill_takes_what_is_forbidden(self) -> None:
        own = ("accounts", "posts", "social", "search", "microblog")
        columns = [
            field
            for model in apps.get_models()
            if model._meta.app_label in own
            for field in model._meta.get_fields()
            if isinstance(field, models.CharField | models.TextField)
            and field.editable
            and field.name not in {"password", "service"}  # made by us
        ]
        self.assertGreaterEqual(len(columns), 7)
        for field in columns:
            for text in ("a\ufffeb", "a\0b", "a\x1bb", "a@b\uffff.com"):
                with self.assertRaises(ValidationError, msg=f"{field} {text!a}"):
                    field.clean(text, None)

    def test_not_even_code_that_forgets_to_clean_stores_it(self) -> None:
        susan = create_user("susan")
        with self.assertRaises(ValidationError), transaction.atomic():
            create_post(susan, "a\ufffeb")
        with self.assertRaises(ValidationError), transaction.atomic():
            User.objects.filter(pk=susan.pk).update(about_me="a\0b")
        with self.assertRaises(ValidationError), transaction.atomic():
            Post.objects.bulk_create([Post(author=susan, body="a\ud800")])
        self.assertFalse(Post.objects.exists())

    def test_every_form_of_a_model_cleans(self) -> None:
        field = CleanCharField(max_length=10).formfield()
        assert isinstance(field, CleanTextField)
        self.assertEqual(field.clean(" a\u202eb "), "a\u2067b\u2069")
        self.assertNotIn("maxlength", field.widget.attrs)


class ShownTextTests(TestCase):
    """A bidirectional text affects only its own place, also in an old row."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan", is_staff=True, is_superuser=True)
        cls.post = create_post(cls.susan, "a")
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE posts_post SET body = %s", ["abc \u202e\u2066evil\u2069\u2069"]
            )

    def setUp(self) -> None:
        self.client.force_login(self.susan)

    def test_the_title_of_a_post(self) -> None:
        page = self.client.get(f"/post/{self.post.pk}").text
        title = page.partition("<title>")[2].partition("</title>")[0]
        self.assertIn("\u2068abc", title)
        self.assertEqual(depth(title), (0, 0))
        self.assertNotIn("\u202e", title)
        self.assertIn('<p class="post-body" dir="auto"', page)

    def test_the_search_page(self) -> None:
        for query in ("שלום\u202e", "\u2067" * 100, "a\u2069" * 20):
            page = self.client.get("/search", {"q": query}).text
            for tag in ("title", "h1"):
                shown = page.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
                self.assertEqual(depth(shown), (0, 0), ascii(shown))
                self.assertNotIn("\u202e", shown)

    def test_a_search_for_what_cannot_be_stored_is_explained(self) -> None:
        for character in ("\ufffe", "\x1b", "\U0010ffff"):
            page = self.client.get("/search", {"q": f"word {character}"})
            self.assertContains(page, "invisible control characters")
            self.assertNotContains(page, character)
        for nothing in ("\u2063", " \ufe0f", "\U000e0041"):
            self.assertRedirects(self.client.get("/search", {"q": nothing}), "/")

    def test_an_unknown_name(self) -> None:
        page = self.client.get("/user/a\u202eb\ufffe").text
        self.assertEqual(
            page.count("User \u2068a\u2067b\ufffd\u2069\u2069 not found."), 1
        )

    def test_the_admin(self) -> None:
        page = self.client.get(f"/admin/posts/post/{self.post.pk}/delete/").text
        self.assertNotIn("\u202e", page)
        self.assertIn("\u2068abc", page)
        for line in page.split("\n"):
            self.assertEqual(depth(line), (0, 0), ascii(line))

    def test_a_form_of_the_admin(self) -> None:
        address = f"/admin/accounts/user/{self.susan.pk}/change/"
        fields = {"username": "susan", "email": "susan@example.com"}
        reauthenticate(self.client)
        for text in ("a\ufffeb", "a\x1bb"):
            page = self.client.post(address, fields | {"about_me": text})
            self.assertContains(page, "invisible control characters")
        self.client.post(address, fields | {"about_me": " a\u202eb"})
        self.susan.refresh_from_db()
        self.assertEqual(self.susan.about_me, "a\u2067b\u2069")

    def test_the_mail_about_a_follower(self) -> None:
        self.susan.about_me = "שלום\u202e"
        context = {"follower": self.susan, "followed": self.susan}
        text = render_to_string("social/email/new_follower.txt", context)
        self.assertIn("\u2068שלום\u2067\u2069\u2069\n", text)
        html = render_to_string("social/email/new_follower.html", context)
        self.assertIn('<p dir="auto">שלום', html)

    def test_a_draft_kept_in_the_session(self) -> None:
        self.client.logout()
        owner = owner_token(self.susan)
        self.client.post("/", {"body": "my \x1b draft\ufffe", "owner": owner})
        draft = self.client.session["draft"]["texts"]["body"]
        self.assertEqual(draft, "my \ufffd draft\ufffd")


class ServiceTextTests(TestCase):
    def test_an_address_with_a_noncharacter_is_refused(self) -> None:
        fields = {"username": "john", "password1": "x" * 20, "password2": "x" * 20}
        for name in ("a@b\uffff.com", "a@\ufdd0.example"):
            self.client.post("/account/signup/", fields | {"email": name})
        self.assertFalse(User.objects.exists())

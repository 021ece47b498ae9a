"""The results page."""

from pathlib import Path

from django.test import override_settings
from haystack import connections

from accounts.models import User
from accounts.services import change_nickname
from accounts.tests.factories import create_user
from core.tests.pages import read
from posts.models import Post
from posts.services import delete_post
from posts.tests.factories import create_post
from search.tests.base import SearchTestCase


class ResultsTests(SearchTestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        cls.susan = create_user("susan", about_me="Mountains and München")
        cls.john = create_user("john.doe")
        cls.lake = create_post(cls.susan, "A mountain lake in München, so nice")
        cls.snow = create_post(cls.john, "Snow on the mountain today")
        cls.tokyo = create_post(cls.john, "昨日、東京都へ行きました", language="ja")
        cls.sea = create_post(cls.susan, "The sea, el mar, das Meer 🌊", language="es")

    def setUp(self) -> None:
        super().setUp()
        self.index()
        self.client.force_login(self.susan)

    def found(self, text: str) -> set[Post]:
        response = self.client.get("/search", {"q": text})
        self.assertEqual(response.status_code, 200, text)
        return set(response.context.get("posts") or [])

    def test_finds_posts_and_marks_the_words(self) -> None:
        response = self.client.get("/search", {"q": "mountain"})
        self.assertContains(response, "<mark>mountain</mark>", count=2)

    def test_newest_first(self) -> None:
        response = self.client.get("/search", {"q": "mountain"})
        self.assertEqual(response.context["posts"], [self.snow, self.lake])

    def test_query_language(self) -> None:
        every = {self.lake, self.snow, self.tokyo, self.sea}
        for text, expected in {
            "mountain lake": {self.lake},
            "lake snow": set(),
            "lake OR snow": {self.lake, self.snow},
            "mountain AND snow": {self.snow},
            "mountain NOT snow": {self.lake},
            "mountain -snow": {self.lake},
            '"mountain lake"': {self.lake},
            '"lake mountain"': set(),
            "from:john.doe": {self.snow, self.tokyo},
            "from:JOHN.DOE mountain": {self.snow},
            "from:nobody mountain": set(),
            "lang:es": {self.sea},
            "lang:es OR lang:ja OR lang:en": every,
            "on the": {self.snow},
        }.items():
            with self.subTest(text):
                self.assertEqual(self.found(text), expected)

    def test_folds_accents_and_case(self) -> None:
        for text in ("munchen", "MÜNCHEN", "München", "mu\u0308nchen"):
            self.assertEqual(self.found(text), {self.lake}, text)

    def test_finds_words_inside_unspaced_text(self) -> None:
        for text in ("東京", "東京都", "都", '"東京都"', "🌊"):
            expected = {self.sea} if text == "🌊" else {self.tokyo}
            self.assertEqual(self.found(text), expected, text)
        self.assertEqual(self.found("京東"), set())

    def test_finds_a_word_of_many_bytes(self) -> None:
        """Engines limit a term in bytes; this one has four for each letter."""
        word = "𐐨" * 100
        post = create_post(self.susan, f"{word} mountain")
        self.index()
        self.assertEqual(self.found(word), {post})

    def test_finds_users(self) -> None:
        for text, user in {
            "susan": self.susan,
            "doe": self.john,
            "munchen": self.susan,
        }.items():
            response = self.client.get("/search", {"q": text})
            self.assertEqual(response.context["users"], [user], text)

    def test_users_with_more_followers_come_first(self) -> None:
        names = ["sailor1", "sailor2", "sailor3"]
        sailors = [create_user(name, about_me="I sail a boat") for name in names]
        for count, user in zip((1, 3, 2), sailors, strict=True):
            User.objects.filter(pk=user.pk).update(follower_count=count)
        self.index()
        page = read(self.client.get("/search", {"q": "boat"}))
        found = [text for text in page.texts("//main//a") if text.startswith("sailor")]
        self.assertEqual(found, ["sailor2", "sailor3", "sailor1"])

    def test_empty_query_goes_home(self) -> None:
        for query in ("", "?q=", "?q=%20"):
            self.assertRedirects(self.client.get(f"/search{query}"), "/")

    def test_explains_what_it_cannot_understand(self) -> None:
        for text, part in {
            "-snow": "at least one word",
            "x" * 201: "too long",
            " ".join("abcdefghijklm"): "too many words",
            "***": "no word",
            "OR": "no word",
        }.items():
            response = self.client.get("/search", {"q": text})
            self.assertContains(response, part)

    def test_nothing_found_helps(self) -> None:
        response = self.client.get("/search", {"q": "zebra"})
        self.assertContains(response, "Nothing found.")
        self.assertContains(response, "How to search")

    def test_escapes_what_it_marks(self) -> None:
        create_post(self.susan, "<script>alert(1)</script> & mountain")
        self.index()
        response = self.client.get("/search", {"q": "script"})
        self.assertContains(response, "&lt;<mark>script</mark>&gt;")
        self.assertNotContains(response, "<script>alert")

    def test_forgets_a_deleted_post(self) -> None:
        key = self.snow.pk
        delete_post(post=self.snow)
        self.index()
        self.assertEqual(self.found("mountain"), {self.lake})
        backend = connections["default"].get_backend()
        self.assertNotIn(f"posts.post.{key}", set(backend.identifiers()))

    def test_follows_a_change_of_nickname(self) -> None:
        change_nickname(user=self.john, nickname="jack")
        self.index()
        response = self.client.get("/search", {"q": "jack"})
        self.assertEqual(response.context["users"], [self.john])
        for name in ("jack", "john.doe", "John.Doe"):
            self.assertEqual(self.found(f"from:{name}"), {self.snow, self.tokyo})

    def test_number_of_queries_does_not_depend_on_results(self) -> None:
        self.client.get("/search", {"q": "mountain"})
        with self.assertNumQueries(3):
            self.client.get("/search", {"q": "mountain"})
        for number in range(30):
            create_post(self.john, f"mountain number {number}")
        self.index()
        with self.assertNumQueries(3):
            self.client.get("/search", {"q": "mountain"})

    @override_settings(MAX_SEARCH_RESULTS=3)
    def test_shows_at_most_the_maximum(self) -> None:
        for number in range(10):
            create_post(self.john, f"mountain number {number}")
        self.index()
        self.assertEqual(len(self.found("mountain")), 3)

    def test_broken_index_is_explained(self) -> None:
        self.use_index(Path("/proc/nowhere"))
        response = self.client.get("/search", {"q": "mountain"})
        self.assertContains(response, "Search does not work", status_code=503)

    def test_hostile_queries_are_answered(self) -> None:
        for text in (
            "*",
            "[a TO z]",
            "w1~2",
            "created:[foo TO bar]",
            '"',
            "'",
            "((((",
            "a:b:c",
            "from:",
            'lang:"',
            "text:x",
            "-",
            "--a b",
            "NOT NOT a b",
            "a OR",
            "OR OR a",
        ):
            response = self.client.get("/search", {"q": text})
            self.assertIn(response.status_code, (200, 302), text)

"""Rules for every template of the project."""

import json
import re
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase, TestCase
from django.urls import reverse

from accounts.tests.factories import create_user
from posts.models import POST_MAX_LENGTH, Post
from posts.tests.factories import create_post

# An attribute's value up to a translation in it, and the translation.
TRANSLATION = re.compile(
    r"""=["'][^"'<>]*\{%-?\s*((?:block)?trans(?:late)?\b(?:[^%]|%(?!\}))*)%\}"""
)
ELEMENT = re.compile(r"<[a-z](?:\{%.*?%\}|\{\{.*?\}\}|[^<>])*>", re.DOTALL)


def templates() -> list[tuple[str, str]]:
    folder = Path(settings.BASE_DIR / "templates")
    return [(path.name, path.read_text()) for path in folder.rglob("*.html")]


class TemplateTests(SimpleTestCase):
    def test_translations_in_attributes_are_escaped(self) -> None:
        """``{% translate %}`` does not escape: a quotation mark would end it."""
        found = 0
        for name, text in templates():
            for match in TRANSLATION.finditer(text):
                found += 1
                with self.subTest(name):
                    self.assertRegex(match[1], r"^translate .*\|force_escape ")
        self.assertGreater(found, 5)

    def test_each_element_of_htmx_is_marked_as_ours(self) -> None:
        found = 0
        for name, text in templates():
            for element in ELEMENT.findall(text):
                if re.search(r"\b(data-)?hx-", element) and "<meta" not in element:
                    found += 1
                    with self.subTest(name):
                        self.assertIn('data-htmx="{{ HTMX_NONCE }}"', element)
        self.assertGreater(found, 0)

    def test_addresses_are_made_from_the_names_of_views(self) -> None:
        """But a post's, drawn twenty times a page: each reversal costs 20 µs."""
        for name, text in templates():
            if name != "_post.html":
                with self.subTest(name):
                    self.assertNotRegex(text, r"\}\}/")


class LimitTests(TestCase):
    def test_fields_show_the_limits_that_the_site_enforces(self) -> None:
        self.client.force_login(create_user("reader"))
        url = reverse("timelines:home")
        html = self.client.get(url).content.decode()
        self.assertRegex(html, rf'<textarea [^>]*data-limit="{POST_MAX_LENGTH}"')
        self.assertRegex(html, rf'id="counter">{POST_MAX_LENGTH}</span>')
        (longest,) = re.findall(r'name="q"[^>]*maxlength="(\d+)"', html)
        shown = self.client.get("/search", {"q": "x" * 1000}).content.decode()
        (kept,) = re.findall(r'name="q"[^>]*value="(x+)"', shown)
        self.assertEqual(len(kept), int(longest))
        self.client.post(url, {"body": "x" * POST_MAX_LENGTH})
        self.assertEqual(Post.objects.count(), 1)
        self.client.post(url, {"body": "y" * (POST_MAX_LENGTH + 1)})
        self.assertEqual(Post.objects.count(), 1)


class NonceTests(TestCase):
    def test_it_is_the_same_in_a_page_and_another_in_the_next(self) -> None:
        create_post(author=create_user("author"), language="es")
        self.client.force_login(create_user("reader", language="en"))
        marks = []
        for _ in range(2):
            html = self.client.get(reverse("timelines:explore")).content.decode()
            (wanted,) = re.findall(r":not\(\[data-htmx=([A-Za-z]{20})\]\)", html)
            self.assertEqual(set(re.findall(r'data-htmx="(\w+)"', html)), {wanted})
            marks.append(wanted)
            self.assertLess(html.index("htmx-config"), html.index("<title"))
        self.assertNotEqual(*marks)

    def test_no_element_but_a_form_carries_the_token(self) -> None:
        self.client.force_login(create_user("reader"))
        html = self.client.get(reverse("timelines:home")).content.decode()
        without_forms = re.sub(r"<form.*?</form>", "", html, flags=re.DOTALL)
        self.assertIn("csrfmiddlewaretoken", html)
        self.assertNotRegex(without_forms, "(?i)csrf")

    def test_htmx_acts_on_marked_elements_only_and_evaluates_nothing(self) -> None:
        html = self.client.get("/account/login/").content.decode()
        found = re.search(r"name=\"htmx-config\" content='([^']+)'", html)
        assert found
        config = json.loads(found[1])
        for name, value in (
            ("allowEval", False),
            ("allowScriptTags", False),
            ("disableInheritance", True),
            ("selfRequestsOnly", True),
        ):
            self.assertIs(config[name], value, name)
        disabled = config["disableSelector"]
        actions = ("get", "post", "put", "patch", "delete")
        for verb in (*actions, "boost", "trigger", "inherit", "ext"):
            for prefix in ("hx", "data-hx"):
                self.assertIn(f"[{prefix}-{verb}]", disabled)
        self.assertRegex(disabled, r":not\(\[data-htmx=[A-Za-z]{20}\]\)\Z")

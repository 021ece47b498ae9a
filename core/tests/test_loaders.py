"""Templates are written with line breaks and served without them."""

import re
from html.parser import HTMLParser
from pathlib import Path

from django.conf import settings
from django.template import engines
from django.test import SimpleTestCase, TestCase
from django.urls import reverse

from accounts.tests.factories import create_user
from core.loaders import without_indentation
from posts.tests.factories import create_post

# What a page says to htmx is not counted: it came later.
HTMX_ATTRIBUTE = re.compile(r' (?:data-(?:card|htmx)|hx-[a-z]+)="[^"]*"')
# Characters of ``HomeTests``'s page when templates were written without indentation.
SIZE_BEFORE = 29_537
PICTURE = re.compile(r'(?<=src=")data:[^"]*')

SOURCES_AND_SERVED = (
    ("<div>\n  <p>text</p>\n</div>\n", "<div><p>text</p></div>"),
    ("<p>\n  a text\n  of two lines\n</p>", "<p>a text\nof two lines</p>"),
    ("<p>one  space</p> <p>kept</p>", "<p>one  space</p> <p>kept</p>"),
    # What is shown side by side stays apart, once.
    ("<a>b</a>\n  <a>c</a>", "<a>b</a>\n<a>c</a>"),
    ("<a>b</a>\n  {{ c }}", "<a>b</a>\n{{ c }}"),
    ("{{ b }}\n  {{ c }}", "{{ b }}\n{{ c }}"),
    ("<a>\n  b\n</a>c", "<a>b</a>c"),
    ("<input>\n<button>\nb\n</button>", "<input>\n<button>b</button>"),
    (
        "<i>b</i>\n{% if c %}\n<i>d</i>\n{% endif %}\n<i>e</i>",
        "<i>b</i>\n{% if c %}<i>d</i>\n{% endif %}<i>e</i>",
    ),
    (
        "<div>\n{% if c %}\n<i>d</i>\n{% endif %}\n</div>",
        "<div>{% if c %}<i>d</i>{% endif %}</div>",
    ),
    # In a tag, one space stands for all.
    (
        '<a\n  id="b"\n  {% if c %}class="d"{% endif %}\n>',
        '<a id="b" {% if c %}class="d"{% endif %}>',
    ),
    ('<a title="b\n  c"\n   class="d">', '<a title="b\n  c" class="d">'),
    ('<a title="{% t "b > c" %}"\n  id="d">', '<a title="{% t "b > c" %}" id="d">'),
    # Texts in which white space is shown, and texts to be translated.
    ("<pre>\n  b\n\n  <i>c</i>\n</pre>\n", "<pre>\n  b\n\n  <i>c</i>\n</pre>"),
    (
        '<textarea\n  id="b">\n {{ c }}\n </textarea>\n',
        '<textarea id="b">\n {{ c }}\n </textarea>',
    ),
    ("<script>\n  b;\n  c < d;\n</script>", "<script>\n  b;\n  c < d;\n</script>"),
    (
        "<p>\n{% blocktranslate %}b,\n  c{% endblocktranslate %}\n</p>",
        "<p>{% blocktranslate %}b,\n  c{% endblocktranslate %}</p>",
    ),
    (
        "<p>\n{% verbatim %}\n  {{ <p>\n  {% endverbatim %}</p>",
        "<p>{% verbatim %}\n  {{ <p>\n  {% endverbatim %}</p>",
    ),
)


class Textareas(HTMLParser):
    """Collects the text of each textarea, as a browser would send it back."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.inside = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.inside = tag == "textarea"
        if self.inside:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.texts[-1] += data


class SourceTests(SimpleTestCase):
    def test_line_breaks_that_no_browser_shows_go_and_everything_else_stays(
        self,
    ) -> None:
        for source, served in SOURCES_AND_SERVED:
            with self.subTest(source):
                self.assertEqual(without_indentation(source), served)

    def test_no_template_loses_anything_but_white_space(self) -> None:
        for path in Path(settings.BASE_DIR / "templates").rglob("*.html"):
            with self.subTest(path):
                source = path.read_text()
                served = without_indentation(source)
                self.assertEqual("".join(served.split()), "".join(source.split()))

    def test_mails_are_sent_as_they_were_written(self) -> None:
        path = "accounts/email/nickname_replaced.txt"
        template = engines["django"].get_template(path).template
        written = Path(settings.BASE_DIR / "templates" / path).read_text()
        self.assertEqual(template.source, written)


class HomeTests(TestCase):
    """A page of twenty posts, half of them to be translated, half the reader's own."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.reader = create_user("reader", language="en")
        for number in range(20):
            language = "es" if number % 2 else "en"
            create_post(cls.reader, f"Post {number:02}", language)

    def setUp(self) -> None:
        self.client.force_login(self.reader)

    def test_it_is_no_larger_than_it_was_before_templates_were_indented(self) -> None:
        html = self.client.get(reverse("timelines:home")).content.decode()
        self.assertEqual(html.count("<article"), 20)
        self.assertNotRegex(html, r"\n[ \t]")
        # What was added since: attributes of htmx, and the pictures themselves.
        html = PICTURE.sub("", HTMX_ATTRIBUTE.sub("", html))
        self.assertLessEqual(len(html), SIZE_BEFORE)

    def test_a_refused_text_comes_back_as_it_was_typed(self) -> None:
        for text in ("\n\n  indented\n\n\tlines\n" + "x" * 140, " y" * 141):
            response = self.client.post(reverse("timelines:home"), {"body": text})
            self.assertEqual(response.status_code, 422)
            (shown,) = Textareas(response.content.decode()).texts
            # Browsers leave out the first line break in a textarea.
            self.assertEqual(shown, "\n" + text)

    def test_texts_beside_each_other_stay_apart(self) -> None:
        url = reverse("timelines:profile", args=["reader"])
        self.assertRegex(
            self.client.get(url).content.decode(),
            r"0 followers</a>\s<a [^>]*>0 following</a></p>",
        )

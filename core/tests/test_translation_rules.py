"""A translation can do no more than its original."""

import time
from html.parser import HTMLParser
from typing import Any

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from core.plural_forms import TWO_FORMS, PluralForms
from core.translation_rules import check_entry, check_text

REFUSED = [
    # Markup, attributes, entities
    ("Explore", 'Explorar<b hx-post="/admin/" hx-trigger="load">'),
    ("Explore", "Explorar<b hx-get=/x hx-trigger=load>"),
    ("Explore", "Explorar</main>"),
    ("Explore", "Explorar <!-- "),
    ("Explore", "Explorar <"),
    ("Explore", "Explorar &lt;b&gt;"),
    ("Explore", "Explorar &#60;"),
    ("Explore", "Explorar &amp"),
    ("Explore", '" hx-get="/x" hx-trigger="load'),
    ("Explore", "' onfocus'"),
    ("Explore", "x' autofocus"),
    ("Explore", "`onclick`"),
    ("Explore", "onclick=alert(1)"),
    ("Explore", "Explorar\\"),
    ("Read <b>this</b>", "Lee <i>esto</i>"),
    ("Read <b>this</b>", "Lee <b>esto</b><b>"),
    ("Read <b>this</b>", "Lee <b onclick>esto</b>"),
    ("Read <b>this</b>", "Lee <b>esto"),
    ('A <a href="%(url)s">link</a>', 'Un <a href="%(url)s/../admin">enlace</a>'),
    ("Salt &amp; pepper", "Sal &lt; pimienta"),
    # Links and addresses
    ("Explore", "javascript:alert"),
    ("Explore", "Más en https://evil.example"),
    ("Explore", "Más en evil.example"),
    ("Explore", "www.évil.com"),
    ("Explore", "Escribe a yo@example"),
    ("Explore", "//evil"),
    ("By %(name)s", "%(name)s.evil.com"),
    ("Explore", ".evil.com/x"),
    ("Explore", "...evil.com"),
    ("Explore", "-evil.com"),
    ("Explore", "evil\u3002com/x"),
    ("Explore", "evil\uff0ecom/x"),
    ("Explore", "evil\uff61com"),
    ("Explore", "evil\u2024com"),
    ("Explore", "evil\u200d.com"),
    ("By %(name)s", "De x\u200c%(name)s"),
    ("Explore", "evil\ufe52com"),
    ("Explore", "ｅｖｉｌ．ｃｏｍ"),
    ("Explore", "探索。com"),
    ("Explore", "evil\u2488com"),
    ("Explore", "evil.\u0915\u0949\u092e"),
    ("Explore", "{evil.com}"),
    ("Explore", "｛evil．com｝"),
    ("Explore", "＜a evil.com＞"),
    ("Explore", "http\uff1a/x"),
    ("Explore", "http:\uff0f\uff0fx"),
    ("Explore", "\uff0f\uff0fx"),
    ("Explore", ".javascript:alert"),
    ("Explore", "1javascript:alert"),
    ("Explore", "javascript\uff1aalert"),
    ("Explore", "Ve a 93.184.216.34/login"),
    ("Explore", "９３.184.216.34"),
    ("Explore", "Escribe a yo\uff20evil"),
    ("Explore", "Escribe a yo\ufe6bevil"),
    ("See example.com", "Mira evilexample.com"),
    ("See example.com", "Mira example.com.evil"),
    ("Log in: %(link)s", "Entra: %(link)sx"),
    ("Log in: %(link)s", "Entra: x%(link)s"),
    ("Log in: %(link)s", "Entra: %(link)s１"),
    ("Log in: %(link)s", "Entra: %(link)s/../evil"),
    ("Log in: %(link)s", "Entra: %(link)s?next=x"),
    ("Log in: %(link)s", "Entra: evil-%(link)s"),
    ("Log in: %(link)s", "Entra: %(link)s y %(link)sx"),
    ("Log in: %s", "Entra: %sx"),
    ("Log in: {link}", "Entra: {link}x"),
    ("By %(name)s", "data:%(name)s"),
    # Template syntax and placeholders
    ("Explore", "{{ user.password }}"),
    ("Explore", "{% debug %}"),
    ("Explore", "Explorar {0}"),
    ("Explore", "100 %"),
    ("Explore", "%%"),
    ("Explore", "%(nickname)s"),
    ("%(nickname)s follows", "%(foo)d sigue"),
    ("%(nickname)s follows", "%(nickname)d sigue"),
    ("%(nickname)s follows", "%(nickname) sigue"),
    ("%(nickname)s follows", "sigue"),
    ("%(nickname)s follows", "%(nickname)s 100 % sigue"),
    ("%s likes %d", "%d de %s"),
    ("%s likes", "%s %s"),
    ("By {name}", "Por {name.__class__}"),
    ("By {name}", "Por {name} }"),
    ("By {name}", "Por"),
    # Control, bidirectional and other invisible characters
    ("Explore", "Explo\u202erar"),
    ("Explore", "Explo\u2067rar"),
    ("Explore", "\u200fExplorar"),
    ("Explore", "\u061cExplorar"),
    ("Explore", "Explo\u200brar"),
    ("Explore", "Explo\u00adrar"),
    ("Explore", "Explo\0rar"),
    ("Explore", "Explo\x1brar"),
    ("Explore", "Explo\x85rar"),
    ("Explore", "Explo\u2028rar"),
    ("Explore", "Explo\ue000rar"),
    ("Explore", "Explo\ufffe"),
    ("Explore", "Explo\U000e0041"),
    ("Explore", "Explorar\nBcc: you"),
    # Nothing to see, or far too much
    ("Explore", ""),
    ("Explore", " \u00a0"),
    ("Explore", "\u200d\u3164\u2800\ufe0f\u034f"),
    ("Explore", "A" * 200),
]
TAKEN = [
    ("Explore", "Explorar"),
    ("Explore", "Эксплуатация"),
    ("Explore", "探索"),
    ("Explore", "می\u200cخواهم"),
    ("Explore", "क्\u200dष"),
    ("Explore", "สำรวจ"),
    ("Explore", "Qué\u00a0? ¡No! «Sí» (eso) – “o” ‘no’… y/o 10:30"),
    ("Explore", "Découvrir l'heure d’hiver & plus"),
    ("Explore it, e.g. now", "Explora, p. ej. ahora"),
    ("Dear %(name)s,", "Hola, %(name)s:"),
    ("%(name)s's posts", "Les messages d'%(name)s"),
    ("%(a)s and %(b)s", "%(b)s y %(a)s, sí, %(b)s"),
    ("%s of %d", "%s de %d"),
    ("100%% of %(n)d", "El 100%% de %(n)d"),
    ("By {name}", "De {name}, sí, {name}"),
    ("Log in: %(link)s. Or wait.", "Entra: %(link)s. O espera."),
    ("Log in: %(link)s", "登录：%(link)s。"),
    ("%(name)s follows %(n)d people", "%(name)s的%(n)d个关注"),
    ("%(name)s and %(other)s", "%(name)s%(other)s"),
    ("By %(name)s", "ل%(name)s"),
    ("By %(name)s", "%(name)s-t"),
    ("%(n)d times", "%(n)dx"),
    ("%(name)ss posts", "%(name)ss inlägg"),
    ("Saved. Go on: now", "已保存。请继续：现在。"),
    ("Open Explore: all", "打开Explore：全部（10：30）"),
    ("Version 1.2.3", "Versión 1.2.3"),
    ("See example.com.", "Mira .example.com"),
    ("Read <b>this</b> & that", "Lee <b>esto</b> & eso"),
    ('A <a href="%(url)s">link</a>', 'Un <a href="%(url)s">enlace</a>'),
    ("Regards,\nThe team", "Saludos,\nEl equipo"),
    ('Say "yes"', 'Di "sí"'),
    ("See https://example.com", "Mira https://example.com"),
]
SPANISH = "nplurals=3; plural=n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2;"
RUSSIAN = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && "
    "(n%100<12 || n%100>14) ? 1 : 2);"
)
ONE, MANY = "One person", "%(n)d people"
PIECES = st.sampled_from(
    [*"<>&\"'`= {}%();:/.@\\\n", "%(name)s", "%(x)d", "%s", "{thing}", "<b", "hx-get"]
)
WILD = st.lists(PIECES | st.text(max_size=4), max_size=8).map("".join)


def time_of(original: str, text: str) -> float:
    """Return the processor time of one check, in seconds."""
    start = time.thread_time()
    check_text(original, text)
    return time.thread_time() - start


class Structure(HTMLParser):
    """Collects the elements and attributes of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.elements.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


class TextTests(SimpleTestCase):
    def test_refuses(self) -> None:
        for original, text in REFUSED:
            with self.subTest(text):
                refusal = check_text(original, text)
                self.assertIsNotNone(refusal)
                self.assertRegex(str(refusal), r"^Its? .+\.$")

    def test_takes(self) -> None:
        for original, text in TAKEN:
            with self.subTest(text):
                self.assertIsNone(check_text(original, text))

    def test_a_reason_is_short_and_names_what_was_found(self) -> None:
        self.assertIn("U+202E", str(check_text("Explore", "a\u202eb")))
        self.assertIn("<b>", str(check_text("Explore", "a<b>")))
        refusal = check_text("x" * 5000, "<" + "y" * 4000 + ">")
        self.assertLess(len(str(refusal)), 250)

    def test_takes_time_in_proportion_to_the_length(self) -> None:
        pieces = ("%", "%0", "%(", "a", "a.", "-", "a:", "<", "<a", "{a", "&", "'")
        for piece in (*pieces, "1.", "。", "x%(a)s"):
            with self.subTest(piece):
                short, long = (
                    min(time_of(original, original) for _ in range(2))
                    for original in (piece * 1_000, piece * 8_000)
                )
                self.assertLess(long, 24 * short + 0.005)
        self.assertIsNotNone(check_text("x", "x" * 10**6))

    @given(WILD)
    def test_no_text_that_is_taken_changes_a_page(self, text: str) -> None:
        if check_text("Explore", text):
            return
        page = Structure(f'<p title="{text}">{text}</p>')
        self.assertEqual(page.elements, [("p", [("title", text)])])
        self.assertEqual(page.text, text)

    @given(WILD)
    def test_every_text_that_is_taken_can_be_filled_in(self, text: str) -> None:
        if check_text("%(name)s likes it", text) is None:
            self.assertIn("susan", text % {"name": "susan"})
        if check_text("{thing} of all", text) is None:
            self.assertIn("susan", text.format(thing="susan"))
        if check_text("%s of all", text) is None:
            self.assertIn("susan", text % ("susan",))


class PluralTests(SimpleTestCase):
    def check(self, header: str, *texts: str, original: str = ONE) -> bool:
        forms = PluralForms.parse(header)
        assert forms
        return check_entry(original, MANY, texts, forms) is None

    def test_a_form_for_few_numbers_may_leave_the_number_out(self) -> None:
        many = "%(n)d personas"
        self.assertTrue(self.check(SPANISH, "Una persona", many, many))
        self.assertFalse(self.check(SPANISH, "Una persona", many, "Muchas"))
        self.assertFalse(self.check(RUSSIAN, "Один", many, many))
        self.assertTrue(self.check(RUSSIAN, "%(n)d", many, many))

    def test_but_only_where_the_original_does(self) -> None:
        texts = ("Una persona", "%(n)d personas", "%(n)d personas")
        self.assertFalse(self.check(SPANISH, *texts, original="%(n)d person"))

    def test_there_is_one_text_for_each_form(self) -> None:
        for number in (0, 1, 2, 4, 50):
            self.assertFalse(self.check(SPANISH, *["%(n)d personas"] * number))

    def test_each_form_is_checked(self) -> None:
        texts = ["Una persona", "%(n)d personas", "%(n)d personas"]
        for place in range(3):
            hostile = list(texts)
            hostile[place] += "<b>"
            self.assertFalse(self.check(SPANISH, *hostile))

    def test_takes_the_headers_of_real_languages(self) -> None:
        for header in (SPANISH, RUSSIAN, "nplurals=1; plural=0;"):
            self.assertIsNotNone(PluralForms.parse(header))
        self.assertEqual(TWO_FORMS.few, {0})

    def test_refuses_headers_that_could_fail_or_loop(self) -> None:
        for rule in (
            "n/0",
            "n%0",
            "n % (n-1)",
            "5",
            "n",
            "n*1",
            "(" * 50,
            "__import__",
            "n==1 ? 0",
            "n!=1; import os",
            "!" * 3000 + "n",
        ):
            with self.subTest(rule[:20]):
                self.assertIsNone(PluralForms.parse(f"nplurals=2; plural={rule};"))
        for header in ("", "nplurals=0; plural=0;", "nplurals=99; plural=0;"):
            self.assertIsNone(PluralForms.parse(header))

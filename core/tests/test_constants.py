"""Parts of a page that are rendered once for each language."""

from django.template import Context, Template, TemplateSyntaxError
from django.test import SimpleTestCase, TestCase
from django.utils.translation import override

from accounts.tests.factories import create_user
from core.catalogues import reload_catalogues

INSIDE = "<b>{% translate 'Follow' %}</b>"
TEXT = f"{{% load constants %}}{{% constant %}}{INSIDE}{{% endconstant %}}"


class ConstantTests(SimpleTestCase):
    def test_is_rendered_once_for_each_language(self) -> None:
        template = Template(TEXT)
        for _ in range(2):
            for language, text in (("en", "Follow"), ("es", "Seguir")):
                with override(language):
                    self.assertEqual(template.render(Context()), f"<b>{text}</b>")
        (node,) = [n for n in template.nodelist if type(n).__name__ == "ConstantNode"]
        self.assertEqual(len(node._rendered), 2)

    def test_follows_changed_texts(self) -> None:
        template = Template(TEXT)
        template.render(Context())
        (node,) = [n for n in template.nodelist if type(n).__name__ == "ConstantNode"]
        before = set(node._rendered)
        reload_catalogues()
        template.render(Context())
        self.assertFalse(before & set(node._rendered))

    def test_takes_no_variable(self) -> None:
        text = "{% load constants %}{% constant %}{{ user }}{% endconstant %}"
        with self.assertRaisesMessage(TemplateSyntaxError, "constant"):
            Template(text)

    def test_sees_no_variable_of_the_page(self) -> None:
        text = TEXT.replace(INSIDE, "{% if user %}x{% endif %}")
        self.assertEqual(Template(text).render(Context({"user": "susan"})), "")


class CompressedPageTests(TestCase):
    def test_pages_are_compressed_for_who_takes_that(self) -> None:
        self.client.force_login(create_user())
        plain = self.client.get("/explore")
        packed = self.client.get("/explore", headers={"Accept-Encoding": "gzip"})
        self.assertEqual(packed["Content-Encoding"], "gzip")
        self.assertIn("Accept-Encoding", packed["Vary"])
        self.assertFalse(plain.has_header("Content-Encoding"))
        self.assertLess(len(packed.content), len(plain.content) / 2)

"""Parsing of queries, and messages about invalid ones."""

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from search.query import MAX_TERMS, QueryError, parse


class ParseTests(SimpleTestCase):
    def test_forgives_a_quote_that_is_not_closed(self) -> None:
        self.assertEqual(parse('"mountain lake'), parse('"mountain lake"'))

    def test_language_is_letters_only(self) -> None:
        self.assertEqual(parse("lang:es-MX").clauses[0].units[0].language, "es")
        for text in ("lang:*", "lang:[a", "lang:e*", "lang:a~2"):
            units = parse(text).clauses[0].units
            self.assertEqual([unit.language for unit in units], [""], text)

    def test_characters_that_hold_brackets_or_spaces_are_one_word(self) -> None:
        for text, token in {"⑴": "1", "a⑵b": "a2b", "½": "12", "ﷲ": "الله"}.items():
            units = parse(text).clauses[0].units
            self.assertEqual([unit.tokens for unit in units], [(token,)], text)
        self.assertNotIn(" ", parse("ﷺ").clauses[0].units[0].tokens[0])

    @given(st.text(alphabet=st.sampled_from('ab東é "-:*[]~()') | st.characters()))
    def test_any_text_is_parsed_or_refused(self, text: str) -> None:
        try:
            query = parse(text)
        except QueryError as error:
            self.assertTrue(str(error))
            return
        units = [unit for clause in query.clauses for unit in clause.units]
        self.assertTrue(0 < len(units) <= MAX_TERMS)
        for unit in units:
            self.assertFalse(set(" *[]~():") & set("".join(unit.tokens)))
            self.assertTrue(unit.language == "" or unit.language.isalpha())

"""Parsing of queries, and messages about invalid ones."""

from django.test import SimpleTestCase
from hypothesis import given
from hypothesis import strategies as st

from search.query import MAX_LENGTH, MAX_TERMS, QueryError, parse


class ParseTests(SimpleTestCase):
    def test_forgives_a_quote_that_is_not_closed(self) -> None:
        self.assertEqual(parse('"mountain lake'), parse('"mountain lake"'))

    def test_language_is_letters_only(self) -> None:
        self.assertEqual(parse("lang:es-MX").clauses[0].terms[0].language, "es")
        for text in ("lang:*", "lang:[a", "lang:e*", "lang:a~2"):
            units = parse(text).clauses[0].terms
            self.assertEqual([unit.language for unit in units], [""], text)

    def test_characters_that_hold_brackets_or_spaces_are_one_word(self) -> None:
        for text, token in {"⑴": "1", "a⑵b": "a2b", "½": "12", "ﷲ": "الله"}.items():
            units = parse(text).clauses[0].terms
            self.assertEqual([unit.tokens for unit in units], [(token,)], text)
        self.assertNotIn(" ", parse("ﷺ").clauses[0].terms[0].tokens[0])

    @given(st.text(alphabet=st.sampled_from('ab東é "-:*[]~()') | st.characters()))
    def test_any_text_is_parsed_or_refused(self, text: str) -> None:
        try:
            query = parse(text)
        except QueryError as error:
            self.assertTrue(str(error))
            return
        units = [unit for clause in query.clauses for unit in clause.terms]
        self.assertTrue(0 < len(units) <= MAX_TERMS)
        for unit in units:
            self.assertFalse(set(" *[]~():") & set("".join(unit.tokens)))
            self.assertTrue(unit.language == "" or unit.language.isalpha())

    def test_each_side_of_or_looks_for_a_word(self) -> None:
        for text in ("lake OR -sea", "-lake OR sea", "-lake", "NOT lake -sea"):
            with self.assertRaisesMessage(QueryError, "at least one word to look for"):
                parse(text)
        for text in ("lake -sea OR mountain", "mountain OR lake NOT sea"):
            self.assertEqual(len(parse(text).clauses), 2, text)

    def test_so_many_words_and_characters_and_no_more(self) -> None:
        words = ["lake"] * MAX_TERMS
        self.assertEqual(len(parse(" ".join(words)).clauses[0].terms), MAX_TERMS)
        with self.assertRaisesMessage(QueryError, "too many words"):
            parse(" ".join([*words, "sea"]))
        self.assertEqual(len(parse("a" * MAX_LENGTH).clauses), 1)
        with self.assertRaisesMessage(QueryError, "too long"):
            parse("a" * (MAX_LENGTH + 1))

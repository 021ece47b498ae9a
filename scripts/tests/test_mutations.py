"""The project's own mutations fit its code, so that ``make mutants`` can run them."""

import ast
import pkgutil
from unittest import TestCase

from scripts.mutants.catalogue import ROOT, Mutation, OutdatedMutationError, read_all
from scripts.mutants.runner import changed_functions

SOURCE = """
LIMIT = 3


def allowed(count):
    return [n for n in range(count) if n < LIMIT]


def names():
    return sorted(["b", "a"], key=lambda name: name)
"""


class MutationTests(TestCase):
    def test_each_fits_its_file_once_and_can_be_compiled(self) -> None:
        for mutation in read_all():
            with self.subTest(f"{mutation.area}/{mutation.id}"):
                path = ROOT / mutation.file
                mutated = mutation.apply(path.read_text())
                if path.suffix == ".py":
                    ast.parse(mutated)

    def test_each_names_tests_that_exist(self) -> None:
        for mutation in read_all():
            with self.subTest(f"{mutation.area}/{mutation.id}"):
                self.assertTrue(mutation.tests)
                for test in mutation.tests:
                    pkgutil.resolve_name(test)

    def test_names_are_unique_and_behaviours_said(self) -> None:
        mutations = read_all()
        names = [(mutation.area, mutation.id) for mutation in mutations]
        self.assertEqual(len(set(names)), len(names))
        self.assertEqual([m.id for m in mutations if not m.behaviour], [])

    def test_a_text_that_is_gone_or_stands_twice_is_noticed(self) -> None:
        for before in ("def other", "return"):
            mutation = Mutation("one", "area", "app/a.py", before, "pass", ("test.py",))
            with self.assertRaisesRegex(OutdatedMutationError, "area/one: in app/a.py"):
                mutation.apply(SOURCE)


class ReplacedCodeTests(TestCase):
    """What a running process can take over, and what needs a new one."""

    def changed(self, before: str, after: str) -> object:
        self.assertIn(before, SOURCE)
        return changed_functions(SOURCE, SOURCE.replace(before, after), "a.py")

    def test_a_function(self) -> None:
        functions = self.changed("n < LIMIT", "n <= LIMIT")
        differ = {key[0] for key, (_code, differs) in functions.items() if differs}
        self.assertEqual(differ, {"allowed.<locals>.<listcomp>"})
        namespace = {"LIMIT": 3}
        exec(compile(SOURCE, "a.py", "exec"), namespace)  # noqa: S102
        namespace["allowed"].__code__, _differs = functions["allowed", 5]
        self.assertEqual(namespace["allowed"](9), [0, 1, 2, 3])

    def test_more_than_functions(self) -> None:
        for before, after in (
            ("LIMIT = 3", "LIMIT = 4"),
            ("def allowed(count)", "def allowed(count=2)"),
            ("def names", "def others"),
        ):
            self.assertIsNone(self.changed(before, after), after)

"""Mutants by the operators of Cosmic Ray, and the tests that reach them."""

from __future__ import annotations

import ast
import os
import random
import subprocess
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from coverage import CoverageData

from scripts.mutants.catalogue import ROOT, Mutation

if TYPE_CHECKING:
    from pathlib import Path

COVERAGE = ROOT / "var" / "mutants.coverage"
MOST_TESTS = 40  # for one mutant; those of its app come first


def modules() -> list[Path]:
    """Return the modules that ``[tool.mutants]`` in ``pyproject.toml`` names."""
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mutants"]
    return [
        path
        for app in options["apps"]
        for path in sorted((ROOT / app).rglob("*.py"))
        if not any(path.relative_to(ROOT).match(left) for left in options["left_out"])
    ]


def record_coverage() -> None:
    """Run the suite to learn which tests reach which lines."""
    COVERAGE.parent.mkdir(exist_ok=True)
    COVERAGE.unlink(missing_ok=True)
    arguments = ("-q", "-n", "auto", "--cov", "--cov-context=test", "--cov-report=")
    subprocess.run(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=ROOT,
        env={**os.environ, "COVERAGE_FILE": str(COVERAGE)},
        check=True,
    )


def sample(number: int, seed: int) -> Iterator[Mutation]:
    """Yield mutants at random places, the same for the same seed and code.

    Each place of a module is as likely, whatever the number of operators for it.
    """
    if not COVERAGE.exists():
        record_coverage()
    coverage = CoverageData(str(COVERAGE))
    coverage.read()
    chance = random.Random(seed)
    places = [
        (path, place, choices)
        for path in modules()
        for place, choices in sorted(_places(path.read_text()).items())
    ]
    chance.shuffle(places)
    made = 0
    for path, (line, _column), choices in places:
        if made == number:
            return
        operator, occurrence = chance.choice(choices)
        source = path.read_text()
        mutated = mutate_code(source, get_operator(operator)(), occurrence)
        if mutated is None or _meaning(mutated) in {"", _meaning(source)}:
            continue
        made += 1
        file = str(path.relative_to(ROOT))
        yield Mutation(
            id=f"{operator.removeprefix('core/')}:{line}:{occurrence}",
            area="operators",
            file=file,
            before=source,
            after=mutated,
            tests=_tests(file, line, coverage.contexts_by_lineno(str(path))),
        )


def _places(source: str) -> dict[tuple[int, int], list[tuple[str, int]]]:
    """Return the operators, and their occurrences, at each line and column."""
    nodes = list(ast_nodes(get_ast(source)))
    places: dict[tuple[int, int], list[tuple[str, int]]] = defaultdict(list)
    for name in operator_names():
        if get_operator(name).arguments():
            continue  # one that has to be told what to replace
        operator = get_operator(name)()
        starts = (s for node in nodes for s, _end in operator.mutation_positions(node))
        for occurrence, start in enumerate(starts):
            places[start].append((name, occurrence))
    return places


class _Meaning(ast.NodeTransformer):
    """Leaves out annotations, and what only type checkers read."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST:
        if "TYPE_CHECKING" in ast.dump(node.test):
            node.test, node.body = ast.Constant(False), [ast.Pass()]
        return self.generic_visit(node)


def _meaning(source: str) -> str:
    """Return what differs where the meaning does; '' for what is no Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    return ast.dump(_Meaning().visit(tree))


def _tests(file: str, line: int, contexts: dict[int, list[str]]) -> tuple[str, ...]:
    """Return the tests that reach a line; those of its app and of its file first.

    Lines that are read while Django is loaded have none of their own: then the tests
    that reach the file. A context is such as ``a/test_b.py::C::test_d|run``.
    """
    reached = Counter(_name(one) for some in contexts.values() for one in some)
    here = {_name(one) for one in contexts.get(line, [])} - {""} or set(reached) - {""}
    app = f"{file.partition('/')[0]}."
    ordered = sorted(here, key=lambda test: (not test.startswith(app), -reached[test]))
    return tuple(ordered[:MOST_TESTS])


def _name(context: str) -> str:
    """Return the name of a context's test for ``manage.py test``."""
    test = context.partition("|")[0].partition("[")[0]
    return test.replace(".py::", ".").replace("::", ".").replace("/", ".")

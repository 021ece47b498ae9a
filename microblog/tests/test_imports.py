"""Each app refers only to those below it: imports, strings and templates."""

import ast
import logging
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.test import SimpleTestCase
from importlinter.cli import lint_imports

ROOT = Path(settings.BASE_DIR)
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text())
# The highest first.
LAYERS = CONFIG["tool"]["importlinter"]["contracts"][0]["layers"]
TEMPLATE_TAG = re.compile(r"{%.*?%}", re.DOTALL)


def names_app(text: str, app: str) -> bool:
    """Return whether a string names an object of the app.

    Such as ``posts:post``, ``admin:posts_post_changelist``, ``posts.Post``,
    ``posts/post.html`` or ``posts.view_post``.
    """
    return bool(re.search(rf"(?:^|[\"' ]|admin:){app}(?:[:/]\w|[._][A-Za-z])", text))


def strings(path: Path) -> Iterator[tuple[int, str]]:
    """Return the line and text of each string of a module but its docstrings."""
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if text and id(node) not in docstrings:
            yield node.lineno, node.value


def sources(app: str) -> Iterator[Path]:
    for path in (ROOT / app).rglob("*.py"):
        if not {"tests", "migrations"} & set(path.relative_to(ROOT).parts):
            yield path


class LayerTests(SimpleTestCase):
    def setUp(self) -> None:
        for logger in list(logging.root.manager.loggerDict.values()):
            if isinstance(logger, logging.Logger):
                # import-linter configures logging, which disables them all.
                self.addCleanup(setattr, logger, "disabled", logger.disabled)

    def test_every_app_of_ours_has_a_layer(self) -> None:
        ours = {
            config.name
            for config in apps.get_app_configs()
            if Path(config.path).parent == ROOT
        }
        self.assertEqual(ours, set(LAYERS))

    def test_no_app_imports_one_that_stands_above_it(self) -> None:
        status = lint_imports(
            config_filename=str(ROOT / "pyproject.toml"), no_cache=True
        )

        self.assertEqual(status, 0, "Run lint-imports to see each chain.")

    def test_no_string_names_an_app_that_stands_above(self) -> None:
        # Loggers are named after the site, whatever app writes to them.
        allowed = ("microblog.slow_queries",)
        found = [
            f"{path}:{line}: {text}"
            for number, app in enumerate(LAYERS)
            for path in sources(app)
            for line, text in strings(path)
            for above in LAYERS[:number]
            if names_app(text, above) and text not in allowed
        ]
        self.assertEqual(found, [])

    def test_no_template_names_an_app_that_stands_above(self) -> None:
        found = [
            f"{path}: {tag}"
            for number, app in enumerate(LAYERS)
            for path in (ROOT / "templates" / app).rglob("*.*")
            for tag in TEMPLATE_TAG.findall(path.read_text())
            for above in LAYERS[:number]
            if names_app(tag, above)
        ]
        self.assertEqual(found, [])

    def test_a_string_that_names_an_app_is_found(self) -> None:
        for text in (
            "posts:post",
            "admin:posts_post_changelist",
            "posts.Post",
            "posts/post.html",
            "{% url 'posts:post' 1 %}",
        ):
            self.assertTrue(names_app(text, "posts"), text)
        self.assertFalse(names_app("Nobody posts here.", "posts"))

"""Private parts of libraries are used in a few small modules only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.test import SimpleTestCase

ROOT = Path(settings.BASE_DIR)
APPS = [
    "accounts",
    "core",
    "microblog",
    "moderation",
    "posts",
    "search",
    "social",
    "timelines",
]
# Each has a test beside it that notices a change of the library's.
WRAPPERS = {
    "accounts/allauth_internals.py",
    "core/bounded_http.py",
    "core/django_internals.py",
    "core/gunicorn_internals.py",
    "core/smtp.py",
    "search/whoosh_internals.py",
    # Subclasses of Django's database backends.
    "core/databases/late_begin.py",
    "core/databases/sqlite3/base.py",
}
# Inherited from a class of a library, whose tests are named above or beside these.
INHERITED = {
    "accounts/backends.py": {"_check_password"},
    "search/whoosh_engine.py": {"_from_python"},
}
# Documented, in spite of the underscore.
DOCUMENTED = {"_meta", "_state", "_default_manager", "_base_manager", "_getframe"}


def private_parts(source: str) -> Iterator[str]:
    """Yield the private names of other modules and objects that are used in code.

    Names that the module itself gives to an attribute or a method are its own.
    """
    tree = ast.parse(source)
    own = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and _is_self(node.value)
        and isinstance(node.ctx, ast.Store)
    }
    own |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    own |= {_name(n) for n in ast.walk(tree) if isinstance(n, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom | ast.Import):
            modules = [getattr(node, "module", "") or ""]
            modules += [alias.name for alias in node.names]
            yield from (name for name in modules if "internal." in f"{name}.")
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            is_super = isinstance(node.value, ast.Call)
            if is_super or node.attr not in own:
                yield node.attr
        if isinstance(node, ast.Call) and _name(node.func) in {"getattr", "hasattr"}:
            value = node.args[1].value if isinstance(node.args[1], ast.Constant) else ""
            if _is_private(value) and not _is_self(node.args[0]):
                yield value


def _is_private(name: str) -> bool:
    return name.startswith("_") and name[:2] != "__" and name not in DOCUMENTED


def _is_self(node: ast.expr) -> bool:
    return _name(node) in {"self", "cls"}


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


class PrivatePartsTests(SimpleTestCase):
    def test_only_the_wrappers_use_them(self) -> None:
        found = {}
        for path in (file for app in APPS for file in (ROOT / app).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "/tests/" not in name and name not in WRAPPERS:
                parts = set(private_parts(path.read_text()))
                found[name] = sorted(parts - INHERITED.get(name, set()))
        self.assertEqual({name: parts for name, parts in found.items() if parts}, {})

    def test_wrappers_are_small(self) -> None:
        for name in WRAPPERS:
            lines = (ROOT / name).read_text().count("\n")
            self.assertLess(lines, 150, name)

    def test_each_way_is_found(self) -> None:
        for source in (
            "answer._content = b''",
            "getattr(view, '_non_atomic_requests', None)",
            "from allauth.account.internal import userkit",
            "from allauth.core.internal import ratelimit",
            "from allauth.core.internal.ratelimit import Rate",
            "import allauth.core.internal.httpkit",
            "super()._new_conn()",
            "self._request_request('page')",
        ):
            self.assertEqual(len(list(private_parts(source))), 1, source)
        for source in ("self._x = 1; self._x", "row._meta.label", "x.__class__"):
            self.assertEqual(list(private_parts(source)), [], source)

"""Write what ``microblog.settings.variables`` says into the documentation."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from microblog.settings.variables import PROCESS, SECTIONS, Variable

if TYPE_CHECKING:
    from argparse import ArgumentParser

TABLE_HEAD = ["| variable | default | what it sets |", "| --- | --- | --- |"]
FILE_HEAD = """\
# Settings of a microblog site: copy to .env and change. docs/settings.md explains
# each; without a line its default holds.
"""
LINK = re.compile(r"\[([^]]+)\]\(([^)#]+)[^)]*\)")


class Command(BaseCommand):
    """``manage.py document_settings``."""

    help = "Writes the tables of docs/settings.md, and .env.example."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take ``--check``."""
        parser.add_argument(
            "--check", action="store_true", help="change nothing; fail if it would"
        )

    def handle(self, *, check: bool, **options: Any) -> None:
        """Write both files; with ``check`` raise ``CommandError`` where they differ."""
        page = Path(settings.BASE_DIR, "docs", "settings.md")
        example = Path(settings.BASE_DIR, ".env.example")
        for path, text in (
            (page, with_tables(page.read_text())),
            (example, example_file()),
        ):
            if path.read_text() == text:
                continue
            if check:
                message = f"{path.name} is not current: run manage.py document_settings"
                raise CommandError(message)
            path.write_text(text)


def with_tables(page: str) -> str:
    """Return the page with the present table under the heading of each section.

    The text around the tables stays. Raises ``CommandError`` where a section has no
    heading followed by a table.
    """
    for title, variables in SECTIONS.items():
        rows = "".join(f"{line}\n" for line in [*TABLE_HEAD, *map(_row, variables)])
        pattern = rf"(?m)(^## {re.escape(title)}\n(?:(?!## |\|).*\n)*)(?:\|.*\n)+"
        page, found = re.subn(pattern, lambda m, rows=rows: m[1] + rows, page)  # type: ignore[misc]
        if found != 1:
            message = f"docs/settings.md has no table under the heading {title!r}."
            raise CommandError(message)
    return page


def example_file() -> str:
    """Return the whole of ``.env.example``."""
    parts = [FILE_HEAD]
    for title, variables in SECTIONS.items():
        if title != PROCESS:
            lines = "".join(map(_lines, variables))
            parts.append(f"\n# {title}\n{lines}")
    return "".join(parts)


def _row(variable: Variable) -> str:
    return f"| `{variable.name}` | {_default(variable)} | {variable.description} |"


def _lines(variable: Variable) -> str:
    text = f"{variable.description} Default: {_default(variable)}."
    text = LINK.sub(r"\1 (docs/\2)", text).replace("`", "")
    return f"# {text}\n# {variable.name}=\n"


def _default(variable: Variable) -> str:
    if variable.shown:
        return variable.shown
    if variable.development:
        other, usual = variable.development, variable.default
        return f"`{other}` in development, `{usual}` in production"
    return f"`{variable.default}`" if variable.default else "none"

"""The project's own mutations, from the TOML files in ``scripts/mutations``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "scripts" / "mutations"


class OutdatedMutationError(ValueError):
    """The text of a mutation is not in its file exactly once."""


@dataclass(frozen=True)
class Mutation:
    """One change of one file that some of the tests must notice.

    ``tests`` are arguments of pytest. ``equivalent`` is the reason why no test can
    notice the change, '' for a change that one must notice.
    """

    id: str
    area: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]
    behaviour: str = ""
    equivalent: str = ""

    @property
    def app(self) -> str:
        """Return the first folder of the file's path."""
        return self.file.partition("/")[0]

    def apply(self, source: str) -> str:
        """Return the changed source; raise ``OutdatedMutationError`` if it cannot."""
        count = source.count(self.before)
        if count != 1:
            message = f"{self.area}/{self.id}: in {self.file} {count} times, not once."
            raise OutdatedMutationError(message)
        return source.replace(self.before, self.after)


def read_all(folder: Path = FOLDER) -> list[Mutation]:
    """Return the mutations of all files; the name of a file is an area's."""
    return [
        Mutation(area=path.stem, tests=tuple(fields.pop("tests")), **fields)
        for path in sorted(folder.glob("*.toml"))
        for fields in tomllib.loads(path.read_text())["mutation"]
    ]

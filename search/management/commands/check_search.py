"""Compare the search index with the database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search.given_up import given_up_rows
from search.index import Drift, Failures, find_drift
from search.index import repair as mend

EXAMPLES = 5


def report_failures(failed: Failures) -> None:
    """Raise ``CommandError`` that names the rows, if there are any."""
    if failed:
        rows = [f"{label}.{pk}: {error!r}" for (label, pk), error in failed.items()]
        some = "\n".join(sorted(rows)[:EXAMPLES])
        message = f"Done but for {len(rows)} that cannot be indexed:\n{some}"
        raise CommandError(message)


class Command(BaseCommand):
    help = "Reports what the search index and the database disagree on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="and repairs it")

    def handle(self, *, repair: bool, **options: Any) -> None:
        """Print the differences, or repair them; raise ``CommandError`` if any stay."""
        found = find_drift()
        self._report("missing from the index", found.missing)
        self._report("left over in the index", found.left_over)
        given_up = frozenset(f"{label}.{pk}" for label, pk in given_up_rows())
        self._report("given up", given_up)
        if found == Drift(frozenset(), frozenset()) and not given_up:
            self.stdout.write(self.style.SUCCESS("Index and database agree."))
        elif repair:
            report_failures(mend(found))
            self.stdout.write(self.style.SUCCESS("Repaired."))
        else:
            message = "Run it again with --repair to fix this."
            raise CommandError(message)

    def _report(self, what: str, keys: frozenset[str]) -> None:
        if keys:
            examples = ", ".join(sorted(keys)[:EXAMPLES])
            self.stdout.write(f"{len(keys)} {what}: {examples}")

"""Rebuild the search index."""

from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from search.index import rebuild, total_rows
from search.management.commands.check_search import report_failures


class Command(BaseCommand):
    help = "Rebuilds the search index from the database, while readers use the old one."

    def handle(self, **options: Any) -> None:
        with tqdm(total=total_rows(), unit=" documents", file=self.stderr) as bar:
            failed = rebuild(bar.update)
        report_failures(failed)
        self.stdout.write(self.style.SUCCESS("The search index is complete."))

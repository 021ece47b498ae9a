"""Fill an empty site with demo data."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from microblog.demo.community import Community, Size
from microblog.demo.filling import fill
from posts.models import Post

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Fills an empty site with a lively community, reproducible from a seed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--people", type=int, default=200)
        parser.add_argument("--posts", type=int, default=3_000)
        parser.add_argument("--follows", type=int, default=3_000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument(
            "--no-index", action="store_true", help="leave the search index alone"
        )

    def handle(self, **options: Any) -> None:
        """Fill the site; raise ``CommandError`` if it has posts."""
        size = Size(options["people"], options["posts"], options["follows"])
        if size.people < 2 or size.posts < 0 or size.follows < 0:
            message = "A community needs at least two people and no negative numbers."
            raise CommandError(message)
        if Post.objects.exists():
            message = "This site has posts already; the demo only fills an empty one."
            raise CommandError(message)
        password = secrets.token_urlsafe(9)
        nickname = fill(Community(size, options["seed"]), password, self._progress)
        if not options["no_index"]:
            call_command("rebuild_search", stdout=self.stdout, stderr=self.stderr)
        self.stdout.write(
            self.style.SUCCESS(f"Log in as {nickname} with the password {password}")
        )

    def _progress(self, title: str, total: int, rows: Iterable[Any]) -> Iterable[Any]:
        bar: Iterable[Any] = tqdm(
            rows, desc=title, total=total, file=self.stderr, unit=""
        )
        return bar

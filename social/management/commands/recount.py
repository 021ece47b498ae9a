"""Recompute the stored counts of followers."""

from typing import Any

from django.core.management.base import BaseCommand

from social.services import recompute_counts


class Command(BaseCommand):
    help = "Repairs the stored counts of followers and following."

    def handle(self, **options: Any) -> None:
        recompute_counts()
        self.stdout.write("Recomputed everybody's numbers of followers and following.")

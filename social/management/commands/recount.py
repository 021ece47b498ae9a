"""Count followers anew."""

from typing import Any

from django.core.management.base import BaseCommand

from social.services import recount


class Command(BaseCommand):
    """``manage.py recount``."""

    help = "Repairs the stored counts of followers and following."

    def handle(self, **options: Any) -> None:
        """Count, and say so."""
        recount()
        self.stdout.write("Counted everybody's followers and following anew.")

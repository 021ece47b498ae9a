"""Run the background worker, for mail and the search index."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.leases import Lease
from core.tasks import RetryingWorker, requeue_lost, silence_library_loggers


class Command(BaseCommand):
    """``manage.py worker``, to be restarted by a supervisor."""

    help = "Runs background tasks (mail, search index) until it is stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--interval", type=float, default=1.0, help="seconds")
        parser.add_argument(
            "--once", action="store_true", help="run what is due, then stop"
        )

    def handle(self, *, interval: float, once: bool, **options: Any) -> None:
        """Run until SIGTERM or SIGINT, finishing the current task."""
        silence_library_loggers()
        with Lease(after_beat=requeue_lost).held() as lease:
            worker = RetryingWorker(interval=interval, lease=lease)
            worker.configure_signals()
            if once:
                worker.run_due()
            else:
                self.stdout.write("The worker is waiting for tasks.")
                worker.run_until_stopped()

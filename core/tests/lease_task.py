"""A worker for tests, and a task that records its start and end.

``python -m core.tests.lease_task`` runs a worker with a quick heartbeat.
"""

import os
import threading
from pathlib import Path

import django
from django_tasks import task

EVERY = 0.5  # seconds between beats: a takeover takes 2 to 3 s


@task()
def wait_for_leave(folder: str, name: str) -> None:
    """Write a line at the start, and one at the end, after the file "go-…" exists."""
    from core.leases import confirm_lease  # noqa: PLC0415

    tell(folder, f"{name} begins")
    while not (Path(folder) / f"go-{name}").exists():
        threading.Event().wait(0.05)
    confirm_lease()
    tell(folder, f"{name} ends")


def tell(folder: str, line: str) -> None:
    file = os.open(Path(folder) / "told", os.O_APPEND | os.O_CREAT | os.O_WRONLY)
    os.write(file, f"{line}\n".encode())
    os.close(file)


def main() -> None:
    django.setup()
    from core.leases import Lease  # noqa: PLC0415
    from core.tasks import RetryingWorker, requeue_lost, silence_library_loggers  # noqa: PLC0415

    silence_library_loggers()
    with Lease(every=EVERY, after_beat=requeue_lost).held() as lease:
        worker = RetryingWorker(interval=0.05, lease=lease)
        worker.configure_signals()
        worker.run_until_stopped()


if __name__ == "__main__":
    main()

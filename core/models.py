"""What the site notes about its own processes."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class WorkerHeartbeat(models.Model):
    """A worker that lives: it counts ``beats`` up as long as it does.

    Other workers watch the count, each by its own beats, so no clock decides whose
    tasks are taken over. ``seen_at`` is the database's time of the last beat, for
    ``/readyz``. A worker that was given up has ``beats`` below zero.
    """

    worker_id = models.CharField(primary_key=True, max_length=64)
    beats = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        """Return the worker's id."""
        return self.worker_id


class WriteProbe(models.Model):
    """One row that ``/readyz`` writes to learn whether a write would work."""

    tries = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        """Return how often it was written."""
        return str(self.tries)

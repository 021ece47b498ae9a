"""Rows that no app above owns: its own processes, and what protects the site."""

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


class CacheEntry(models.Model):
    """What ``core.database_cache`` keeps until it expires."""

    # A digest: keys hold names, and a collation would mix up their case.
    key = models.CharField(max_length=64, primary_key=True)
    value = models.TextField()
    # Seconds since 1970; as a number, all databases compare it alike.
    expires = models.FloatField(db_index=True)
    # Seconds from the last write to ``expires``.
    lifetime = models.FloatField()

    class Meta:
        """No page shows them."""

        db_table = "core_cacheentry"
        verbose_name = "cache entry"
        verbose_name_plural = "cache entries"

    def __str__(self) -> str:
        """Return the digest."""
        return self.key

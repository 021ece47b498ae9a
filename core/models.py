"""Models of the worker, the health checks and the database cache."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now


class WorkerHeartbeat(models.Model):
    """A running worker, which increments ``beats`` as long as it is alive.

    Other workers compare it with their own beats, so that no clock decides whose tasks
    are requeued. ``seen_at`` is the database's time of the last beat, for ``/readyz``.
    A worker that counts as dead has ``beats`` below zero.
    """

    worker_id = models.CharField(primary_key=True, max_length=64)
    beats = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.worker_id


class WriteProbe(models.Model):
    """One row that ``/readyz`` updates, to check that the database can be written."""

    tries = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.tries)


class CacheEntry(models.Model):
    """An entry of ``core.database_cache``."""

    # A digest, because keys contain names and a collation would ignore their case.
    key = models.CharField(max_length=64, primary_key=True)
    value = models.TextField()
    # Seconds since 1970: a number, which all databases compare alike.
    expires = models.FloatField(db_index=True)
    # Seconds from the last write to ``expires``.
    lifetime = models.FloatField()

    class Meta:
        db_table = "core_cacheentry"
        verbose_name = "cache entry"
        verbose_name_plural = "cache entries"

    def __str__(self) -> str:
        return self.key

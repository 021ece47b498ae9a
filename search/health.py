"""The check of the index in ``/readyz``."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from haystack import connections
from haystack.query import SearchQuerySet

from search.given_up import given_up_tasks
from search.index import total_rows
from search.tasks import index_change

CACHE_SECONDS = 60.0  # seconds: it counts the rows
# Documents indexed during this time may have been added while counting.
LATELY = timedelta(minutes=1)


def check_index() -> str:
    """Compare the number of documents with that of rows, without pending changes."""
    failed = given_up_tasks().count()
    if failed:
        return f"{failed} changes were given up: manage.py check_search --repair"
    waiting = _waiting()
    try:
        backend = connections["default"].get_backend()
        if hasattr(backend, "document_count"):
            documents = backend.document_count()
        else:
            documents = SearchQuerySet().all().count()
    except Exception:  # noqa: BLE001  (whatever an engine raises)
        return "cannot be read"
    difference = abs(total_rows() - documents)
    if difference <= max(waiting, _waiting()):
        return "ok"
    return f"{difference} documents differ from the database: manage.py check_search"


def _waiting() -> int:
    """Return how many changes are pending or have just been made."""
    before = timezone.now() - LATELY
    done = Q(status=TaskResultStatus.SUCCESSFUL, finished_at__lt=before)
    return int(_tasks().exclude(done).count())


def _tasks() -> Any:
    return DBTaskResult.objects.filter(task_path=index_change.module_path)

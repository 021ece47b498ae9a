"""Is the index complete? A part of ``/readyz``."""

from __future__ import annotations

from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from haystack import connections
from haystack.query import SearchQuerySet

from search.index import total_rows
from search.tasks import index_change

KEEP_ANSWER = 60.0  # seconds: it counts the rows
# What may come and go while it counts.
SLACK = 10


def check_index() -> str:
    """Compare how many documents there are and should be, but for those that wait."""
    waiting = _waiting()
    backend = connections["default"].get_backend()
    try:
        if hasattr(backend, "document_count"):
            documents = backend.document_count()
        else:
            documents = SearchQuerySet().all().count()
    except Exception:  # noqa: BLE001  (whatever an engine raises)
        return "cannot be read"
    difference = abs(total_rows() - documents)
    if difference <= waiting + _waiting() + SLACK:
        return "ok"
    return f"{difference} documents differ from the database: manage.py check_search"


def _waiting() -> int:
    """Return how many changes are to come, or were given up and are known."""
    tasks = DBTaskResult.objects.filter(task_path=index_change.module_path)
    return tasks.exclude(status=TaskResultStatus.SUCCESSFUL).count()

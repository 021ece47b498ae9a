"""Changes of the index that were given up, until they are made after all."""

from __future__ import annotations

from collections.abc import Container
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from search.tasks import index_change

if TYPE_CHECKING:
    from uuid import UUID

# A row as its model's label and its key.
Row = tuple[str, int]


def given_up_tasks() -> QuerySet[DBTaskResult[..., Any]]:
    """Return the tasks that stand for such changes."""
    return DBTaskResult.objects.failed().filter(task_path=index_change.module_path)


def given_up_rows() -> set[Row]:
    """Return the rows that the index may say something wrong of."""
    return {row for _pk, row in _tasks()}


def end_given_up(done: Container[Row]) -> None:
    """Mark the tasks of these rows as successful: the index is right about them."""
    keys = [pk for pk, row in _tasks() if row in done]
    if keys:
        given_up_tasks().filter(pk__in=keys).update(
            status=TaskResultStatus.SUCCESSFUL,
            finished_at=timezone.now(),
            exception_class_path="",
            traceback="",
        )


def _tasks() -> list[tuple[UUID, Row]]:
    tasks = given_up_tasks().values_list("pk", "args_kwargs")
    return [(pk, (told["args"][0], told["args"][1])) for pk, told in tasks]

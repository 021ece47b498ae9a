"""The task that updates the index, in the worker, its only writer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_tasks import task

from core.leases import confirm_lease
from core.tasks import claim_batch, finish_batch

if TYPE_CHECKING:
    from django_tasks import TaskContext

LARGEST_BATCH = 500


@task(takes_context=True)
def index_change(context: TaskContext, label: str, pk: int) -> None:
    """Update one row in the index, or remove it, with all other pending rows.

    One commit costs as much as ten documents, so pending changes share it. A row whose
    document cannot be made fails alone. One that kills the whole process cannot: each
    further attempt takes half as many rows along, and the ninth none.
    """
    from search.index import apply_changes  # noqa: PLC0415  (loads the engine)

    limit = LARGEST_BATCH >> (context.attempt - 1)
    others = claim_batch(index_change, limit, attempts=context.attempt) if limit else []
    changes = {other.pk: tuple(other.args_kwargs["args"]) for other in others}
    try:
        confirm_lease()
        failed = apply_changes([(label, pk), *changes.values()])
    except BaseException as error:
        finish_batch(others, error=repr(error))
        raise
    finish_batch([other for other in others if changes[other.pk] not in failed])
    for other in others:
        if reason := failed.get(changes[other.pk]):
            finish_batch([other], error=repr(reason))
    if reason := failed.get((label, pk)):
        raise reason

"""The one writer of the index: a task, run by the worker."""

from django_tasks import task

from core.tasks import claim_like, end_like

LARGEST_BATCH = 500


@task()
def index_change(label: str, pk: int) -> None:
    """Bring one row into the index, or out of it, with all others that wait.

    One commit costs as much as ten documents, so waiting changes share it.
    """
    from search.index import apply_changes  # noqa: PLC0415  (loads the engine)

    others = claim_like(index_change, LARGEST_BATCH)
    changes = [(label, pk)]
    changes += [tuple(other.args_kwargs["args"]) for other in others]
    done = False
    try:
        apply_changes(changes)
        done = True
    finally:
        end_like(others, done=done)

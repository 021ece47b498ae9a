"""Writing the index: changes, a new build, and comparing it with the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db.models import Model
from haystack import connections
from haystack.query import SearchQuerySet

from search.search_indexes import PostIndex, UserIndex

BATCH = 2_000
Advance = Callable[[int], object]


@dataclass(frozen=True)
class Drift:
    """What the index and the database disagree on, as ``app.model.pk``."""

    missing: frozenset[str]
    left_over: frozenset[str]


def _indexes() -> dict[str, Any]:
    """Return the haystack index of each model, by the model's label."""
    unified = connections["default"].get_unified_index()
    return {
        index.get_model()._meta.label_lower: index
        for index in unified.collect_indexes()
        if isinstance(index, PostIndex | UserIndex)
    }


def apply_changes(changes: Iterable[tuple[str, int]]) -> None:
    """Make the index say of each (model label, key) what the database says.

    A row that exists is written anew, one that does not is deleted, by one commit.
    """
    keys: dict[str, set[int]] = defaultdict(set)
    for label, pk in changes:
        keys[label].add(pk)
    backend = connections["default"].get_backend()
    documents: list[dict[str, Any]] = []
    removed: list[str] = []
    for label, index in _indexes().items():
        rows = list(index.index_queryset().filter(pk__in=keys[label]))
        gone = keys[label] - {row.pk for row in rows}
        removed.extend(f"{label}.{pk}" for pk in gone)
        if hasattr(backend, "change"):
            documents.extend(index.full_prepare(row) for row in rows)
        elif rows:
            backend.update(index, rows)
    if hasattr(backend, "change"):
        backend.change(documents, removed)
    else:
        for identifier in removed:
            backend.remove(identifier)


def total_rows() -> int:
    """Return how many rows a whole index holds."""
    return sum(index.index_queryset().count() for index in _indexes().values())


def rebuild(advance: Advance) -> None:
    """Build the index anew; readers use the old one until the new one is complete.

    ``advance`` is called with the number of documents written since the last call.
    What changed meanwhile is repaired at the end.
    """
    backend = connections["default"].get_backend()
    if hasattr(backend, "replace_index"):
        backend.replace_index(_all_documents(advance))
    else:
        backend.clear()
        for index in _indexes().values():
            for rows in _batches(index.index_queryset().iterator(BATCH), BATCH):
                backend.update(index, rows)
                advance(len(rows))
    repair(drift())


def _all_documents(advance: Advance) -> Iterator[dict[str, Any]]:
    for index in _indexes().values():
        for rows in _batches(index.index_queryset().iterator(BATCH), BATCH):
            for row in rows:
                yield index.full_prepare(row)
            advance(len(rows))


def _batches(rows: Iterator[Model], size: int) -> Iterator[list[Model]]:
    while batch := list(islice(rows, size)):
        yield batch


def drift() -> Drift:
    """Compare the keys of the index with those of the database."""
    backend = connections["default"].get_backend()
    if hasattr(backend, "identifiers"):
        indexed = frozenset(backend.identifiers())
    else:
        indexed = frozenset(result.id for result in SearchQuerySet().all())
    stored = frozenset(
        f"{label}.{pk}"
        for label, index in _indexes().items()
        for pk in index.index_queryset().values_list("pk", flat=True).iterator()
    )
    return Drift(missing=stored - indexed, left_over=indexed - stored)


def repair(found: Drift) -> None:
    """Write what is missing and delete what is left over, oldest first."""
    wrong = sorted(found.missing | found.left_over, key=lambda key: int(_split(key)[1]))
    for start in range(0, len(wrong), BATCH):
        apply_changes(
            (label, int(pk)) for label, pk in map(_split, wrong[start : start + BATCH])
        )


def _split(identifier: str) -> tuple[str, str]:
    label, _, pk = identifier.rpartition(".")
    return label, pk

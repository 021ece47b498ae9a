"""Writing the index: updates, rebuilding, and comparing it with the database."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import DatabaseError
from django.db.models import Model
from haystack import connections
from haystack.constants import ID
from haystack.query import SearchQuerySet

from search.given_up import Row, end_given_up, given_up_rows
from search.search_indexes import PostIndex, UserIndex

logger = logging.getLogger(__name__)

BATCH = 2_000
# A rebuild fails after leaving out this many documents: each costs a restart.
MAX_REFUSED = 5
Advance = Callable[[int], object]
# Why a row cannot be indexed.
Failures = dict[Row, Exception]


@dataclass(frozen=True)
class Drift:
    """Differences between index and database, as ``app.model.pk``."""

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


def apply_changes(changes: Iterable[Row]) -> Failures:
    """Update the documents of these (model label, key) pairs from the database.

    An existing row is written again, a missing one is deleted, all by one commit.
    Return the rows whose document could not be made; all others are done. Raises the
    database's or the engine's exception if they do not work at all.
    """
    keys: dict[str, set[int]] = defaultdict(set)
    for label, pk in changes:
        keys[label].add(pk)
    failed: Failures = {}
    documents: dict[Row, Any] = {}
    removed: list[str] = []
    for label, index in _indexes().items():
        rows = _fetch(label, index, keys[label], failed)
        gone = keys[label] - set(rows) - {pk for name, pk in failed if name == label}
        removed.extend(f"{label}.{pk}" for pk in gone)
        for pk, row in rows.items():
            if found := _prepared(label, index, row, failed):
                documents[label, pk] = found
    _write(documents, removed, failed)
    done = {(label, pk) for label, pks in keys.items() for pk in pks}
    end_given_up(done - failed.keys())
    return failed


def _fetch(
    label: str, index: Any, keys: Iterable[int], failed: Failures
) -> dict[int, Model]:
    """Return the rows by key; one that cannot be read fails alone."""
    wanted = index.index_queryset()
    try:
        return {row.pk: row for row in wanted.filter(pk__in=keys)}
    except DatabaseError:
        rows: dict[int, Model] = {}
        for pk in keys:
            try:
                rows |= {row.pk: row for row in wanted.filter(pk=pk)}
            except DatabaseError as error:
                wanted.filter(pk=pk).exists()  # raises if no row can be read
                _note(label, pk, error, failed)
        return rows


def _prepared(label: str, index: Any, row: Model, failed: Failures) -> Any:
    """Return the row's document, None if it fails."""
    try:
        return index.full_prepare(row)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  (whatever a text may cause)
        _note(label, row.pk, error, failed)
        return None


def _note(label: str, pk: int, error: Exception, failed: Failures) -> None:
    logger.warning("%s %s cannot be indexed: %r", label, pk, error)
    failed[label, pk] = error


def _write(documents: dict[Row, Any], removed: list[str], failed: Failures) -> None:
    """Give documents to the engine; a refused batch is retried in halves."""
    backend = connections["default"].get_backend()
    try:
        _change(backend, documents, removed)
    except getattr(backend, "outages", OSError):
        raise
    except Exception as error:
        if not documents:
            raise
        if len(documents) == 1 and not removed:
            ((label, pk),) = documents
            _note(label, pk, error, failed)
            return
        logger.warning("The engine refuses a batch: %r", error)
        rows = list(documents)
        half = len(rows) // 2
        if removed:
            _write({}, removed, failed)
        for part in (rows[:half], rows[half:]):
            if part:
                _write({row: documents[row] for row in part}, [], failed)


def _change(backend: Any, documents: dict[Row, Any], removed: list[str]) -> None:
    """Write and delete, by one commit if the engine supports it."""
    if hasattr(backend, "change"):
        backend.change(list(documents.values()), removed)
        return
    for label, index in _indexes().items():
        keys = [pk for name, pk in documents if name == label]
        if keys:
            backend.update(index, index.index_queryset().filter(pk__in=keys))
    for identifier in removed:
        backend.remove(identifier)


def total_rows() -> int:
    """Return how many rows a complete index has."""
    return sum(index.index_queryset().count() for index in _indexes().values())


def rebuild(advance: Advance) -> Failures:
    """Rebuild the index; readers use the old one until the new one is complete.

    ``advance`` is called with the number of rows since the last call. Changes in the
    meantime are repaired at the end. Return the rows that are left out because their
    document could not be made.
    """
    backend = connections["default"].get_backend()
    if hasattr(backend, "replace_index"):
        _replace_index(backend, advance)
    else:
        backend.clear()
        for label, index in _indexes().items():
            for keys in _batches(_keys(index), BATCH):
                apply_changes((label, pk) for pk in keys)
                advance(len(keys))
    return repair(find_drift())


def _replace_index(backend: Any, advance: Advance) -> None:
    """Build beside the old index; restart without a document that is refused."""
    refused: set[str] = set()
    while True:
        handed: list[str] = []
        try:
            documents = _all_documents(advance, refused, handed)
            backend.replace_index(documents)
        except (DatabaseError, *getattr(backend, "outages", ())):
            raise
        except Exception as error:
            if not handed or len(refused) == MAX_REFUSED:
                raise
            logger.warning("The engine refuses %s: %r", handed[-1], error)
            refused.add(handed[-1])
        else:
            return


def _all_documents(
    advance: Advance, refused: set[str], handed: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield every document that can be made; ``repair`` reports the others.

    ``handed`` contains the identifier of the last one.
    """
    for label, index in _indexes().items():
        for keys in _batches(_keys(index), BATCH):
            for row in _fetch(label, index, keys, {}).values():
                found = _prepared(label, index, row, {})
                if found and found[ID] not in refused:
                    handed[:] = [found[ID]]
                    yield found
            advance(len(keys))


def _keys(index: Any) -> Iterator[int]:
    keys: Iterator[int] = (
        index.index_queryset().values_list("pk", flat=True).iterator(BATCH)
    )
    return keys


def _batches(rows: Iterator[int], size: int) -> Iterator[list[int]]:
    while batch := list(islice(rows, size)):
        yield batch


def find_drift() -> Drift:
    """Return the differences between the keys of the index and the database."""
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


def repair(found: Drift) -> Failures:
    """Add missing documents and delete superfluous ones, oldest first.

    Changes that were given up are tried again, too, and end when they can be made.
    Return the rows whose document could not be made.
    """
    rows = {*map(_split, found.missing | found.left_over), *given_up_rows()}
    wrong = sorted(rows, key=lambda row: row[1])
    failed: Failures = {}
    for start in range(0, len(wrong), BATCH):
        failed |= apply_changes(wrong[start : start + BATCH])
    return failed


def _split(identifier: str) -> Row:
    label, _, pk = identifier.rpartition(".")
    return label, int(pk)

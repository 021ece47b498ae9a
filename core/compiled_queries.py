"""Querysets whose SQL is written once and run many times with other numbers.

The ORM writes the SQL of a queryset each time it is evaluated, which takes longer than
a database needs to answer a short query. ``CompiledQuery`` has it written once for each
connection, with a mark in the place of each number, and puts the numbers in when it
runs. To logging, the toolbar and ``assertNumQueries`` it is a query like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

from core.django_internals import fetch_rows

Result = TypeVar("Result")
Numbers = int | tuple[int, ...]

# Marks fit 32 bits: Django leaves out a comparison that no column could meet.
FIRST_MARK = -2_000_000_000
MARKS = range(FIRST_MARK, FIRST_MARK + 1000)


class CompiledQuery(Generic[Result]):
    """A query that ``build`` describes, for numbers that differ from call to call.

    ``build(*numbers, **shape)`` returns a queryset of instances or a ``values_list``.
    It only passes each number on, as the other side of a comparison, and a tuple of
    numbers as that of ``__in``. Whatever else changes the SQL, such as how many rows
    are wanted, is part of the shape, and so is the length of a tuple: pass few
    different ones.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Result]]) -> None:
        """Compile nothing yet."""
        self._build = build
        self._statements: WeakKeyDictionary[
            BaseDatabaseWrapper, dict[tuple[Any, ...], _Statement[Result]]
        ] = WeakKeyDictionary()

    def run(self, *numbers: Numbers, **shape: Any) -> list[Result]:
        """Return the rows for these numbers; one query."""
        lengths = (len(n) if isinstance(n, tuple) else None for n in numbers)
        key = (*lengths, *shape.items())
        connection = connections[DEFAULT_DB_ALIAS]
        statements = self._statements.setdefault(connection, {})
        if key not in statements:
            queryset = self._build(*_marks(numbers), **shape)
            statements[key] = _Statement(queryset, connection)
        return statements[key].run(_flat(numbers))


def _flat(numbers: tuple[Numbers, ...]) -> list[int]:
    return [
        number
        for value in numbers
        for number in (value if isinstance(value, tuple) else (value,))
    ]


def _marks(numbers: tuple[Numbers, ...]) -> list[Numbers]:
    """Return different marks in the shape of the numbers."""
    marks = iter(MARKS)
    return [
        tuple(next(marks) for _number in value)
        if isinstance(value, tuple)
        else next(marks)
        for value in numbers
    ]


class _Statement(Generic[Result]):
    """A queryset that compiles no more: its compiler gives the SQL it once wrote."""

    def __init__(
        self, queryset: QuerySet[Any, Result], connection: BaseDatabaseWrapper
    ) -> None:
        compiler = queryset.query.get_compiler(connection=connection)
        self._sql, self._parameters = compiler.as_sql()
        # A parameter may be of a subclass of int that says how wide its column is.
        self._places = [
            (place, parameter - FIRST_MARK, type(parameter))
            for place, parameter in enumerate(self._parameters)
            if isinstance(parameter, int) and parameter in MARKS
        ]
        self._numbers: list[int] = []
        compiler.as_sql = self._as_sql
        queryset.query.get_compiler = lambda *_args, **_kwargs: compiler  # type: ignore[method-assign]
        self._queryset = queryset

    def run(self, numbers: list[int]) -> list[Result]:
        """Return the rows."""
        self._numbers = numbers
        # Neither a result that is kept, nor a cursor on the server.
        return fetch_rows(self._queryset)

    def _as_sql(self, *_args: Any, **_kwargs: Any) -> tuple[str, tuple[Any, ...]]:
        parameters = list(self._parameters)
        for place, index, kind in self._places:
            parameters[place] = kind(self._numbers[index])
        return self._sql, tuple(parameters)

"""A case-insensitive lookup that uses an index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models.lookups import IExact

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

    Sql = tuple[str, Any]


class IndexedIExact(IExact):
    """``iexact`` that uses the index on ``LOWER(column)``.

    Django's own compares ``UPPER(column)`` or uses ``LIKE``, and scans all rows.
    MariaDB has no indexes on expressions, and a case-insensitive collation instead.
    """

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        column, column_params = compiler.compile(self.lhs)
        name, name_params = super(IExact, self).process_rhs(compiler, connection)
        params = (*column_params, *name_params)
        if connection.features.supports_expression_indexes:
            return f"LOWER({column}) = LOWER({name})", params
        return f"{column} = {name}", params

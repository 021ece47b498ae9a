"""Looking people up by a name whose case does not matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models.lookups import IExact

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

    Sql = tuple[str, Any]


class IndexedIExact(IExact):
    """``iexact`` by the index over ``LOWER(column)``.

    Django's own asks for ``UPPER(column)`` or ``LIKE``, and looks at every row.
    MariaDB has no index over expressions, and a collation that ignores case instead.
    """

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        """Compare both sides in lower case."""
        column, column_params = compiler.compile(self.lhs)
        name, name_params = super(IExact, self).process_rhs(compiler, connection)
        params = (*column_params, *name_params)
        if connection.features.supports_expression_indexes:
            return f"LOWER({column}) = LOWER({name})", params
        return f"{column} = {name}", params

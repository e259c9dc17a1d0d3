"""Insert many rows fast: COPY where PostgreSQL offers it, ``bulk_create`` elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connections, models, router, transaction

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["insert_rows"]

M = TypeVar("M", bound=models.Model)


def insert_rows(
    model: type[M], rows: Sequence[M], *, using: str | None = None, batch_size: int = 500, keys: bool = True
) -> None:
    """Insert new ``rows`` of one table, all or nothing and without signals.

    ``bulk_create`` sends PostgreSQL an array for each column, each value quoted twice in Python: for documents that takes
    several times as long as the insertion itself, and COPY none of it. What the rows refer to is saved already.
    ``batch_size``: rows a statement where there is no COPY. ``keys``: whether the objects are to have their primary keys
    afterwards, which costs a statement; without, they may. Raises what the database raises, as Django's exceptions.
    """
    alias = using or router.db_for_write(model)
    connection = connections[alias]
    if len(rows) < 2 or not _can_copy(connection, model):
        models.QuerySet[M](model, using=alias).bulk_create(rows, batch_size=batch_size)
        return
    with transaction.atomic(using=alias, savepoint=False), connection.cursor() as cursor:
        fields: list[Any] = list(model._meta.local_concrete_fields)
        if keys or any(row.pk is not None for row in rows):
            _assign_keys(connection, cursor, model, rows)
        else:
            fields.remove(model._meta.pk)
        quote = connection.ops.quote_name
        columns = ", ".join(quote(field.column) for field in fields)
        statement = f"COPY {quote(model._meta.db_table)} ({columns}) FROM STDIN"
        # What goes wrong inside a COPY is not wrapped by Django's cursor.
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            for values in _values(connection, fields, rows):
                copy.write_row(values)
    for row in rows:
        row._state.adding, row._state.db = False, alias


def _can_copy(connection: BaseDatabaseWrapper, model: type[models.Model]) -> bool:
    if connection.vendor != "postgresql":
        return False
    from django.db.backends.postgresql.psycopg_any import is_psycopg3

    meta = model._meta
    # Values that the database makes itself are expressions until then; parents have tables of their own.
    return bool(is_psycopg3) and not meta.parents and not any(_made_by_database(f) for f in meta.local_concrete_fields)


def _made_by_database(field: Any) -> bool:
    return bool(field.generated or field.has_db_default())


def _assign_keys(connection: Any, cursor: Any, model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Give the rows without a primary key one, from the field's default or the table's sequence."""
    key = model._meta.pk
    without = []
    for row in rows:
        if row.pk is None:
            row.pk = key.get_pk_value_on_save(row)
            if row.pk is None:
                without.append(row)
    if without:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
            [table, key.column, len(without)],
        )
        for row, (number,) in zip(without, cursor.fetchall(), strict=True):
            row.pk = number


def _values(connection: object, fields: Sequence[Any], rows: Sequence[models.Model]) -> Iterator[list[Any]]:
    for row in rows:
        yield [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]

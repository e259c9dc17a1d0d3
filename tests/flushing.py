"""A test with real transactions empties every table afterwards; what Django then writes anew, the same each time, is left there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management.color import no_style
from django.db import connections, transaction
from django.test import TransactionTestCase

__all__ = ["Flushing"]

#: Content types and permissions: made by a signal after each flush, which takes longer than the flush.
KEPT = {
    "django_content_type": "SELECT id, app_label, model FROM django_content_type ORDER BY id",
    "auth_permission": "SELECT id, content_type_id, codename, name FROM auth_permission ORDER BY id",
}


def empty_tables(connection: Any, tables: list[str]) -> None:
    """Delete all rows of ``tables``.

    PostgreSQL's TRUNCATE makes a new file for every table and index, which takes longer than most tests; where the user may
    put foreign keys aside, the few tables that hold rows are emptied instead.
    """
    if connection.vendor == "postgresql":
        quoted = {name: connection.ops.quote_name(name) for name in tables}
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('is_superuser')")
            if cursor.fetchone()[0] == "on":
                held = [f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {quoted[name]})" for name in tables]
                cursor.execute(" UNION ALL ".join(held))
                full = [name for (name,) in cursor.fetchall()]
                cursor.execute("SET LOCAL session_replication_role = replica")
                for name in full:
                    cursor.execute(f"DELETE FROM {quoted[name]}")
                return
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), tables, reset_sequences=False))


class Flushing:
    """Stand for ``TransactionTestCase._fixture_teardown``; a test that changed what is kept has everything made anew."""

    def __init__(self, whole: Callable[[TransactionTestCase], None]) -> None:
        self.whole = whole
        self._as_made: dict[str, list[Any]] = {}

    def __call__(self, case: Any) -> None:
        names = list(case._databases_names(include_mirrors=False))
        plain = case.available_apps is None and not case.serialized_rollback
        if not plain or any(self._as_made.get(name) != self._kept(name) for name in names):
            self.whole(case)
            self._as_made = {name: self._kept(name) for name in names}
            return
        for name in names:
            connection = connections[name]
            tables = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
            empty_tables(connection, sorted(tables - KEPT.keys()))

    def _kept(self, name: str) -> list[Any]:
        found: list[Any] = []
        with connections[name].cursor() as cursor:
            for query in KEPT.values():
                cursor.execute(query)
                found.append(cursor.fetchall())
        return found

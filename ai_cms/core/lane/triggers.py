"""Triggers that count the changes of watched tables, whoever makes them: the ORM, raw SQL, another program.

On PostgreSQL the count is spread over several rows: a transaction takes one that no other has, so that writers never wait for
each other here, and counts once. On SQLite there is one writer at a time, and one row.

Triggers are taken away before migrations that have something to do, with the table that the lane reads, and put back behind
them: PostgreSQL refuses to change a column that a trigger names, SQLite drops the triggers of a table that it makes anew.
Without the table nothing kept is served.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connections, transaction

from .watching import Watched, watched

__all__ = ["COUNT", "TABLE", "install", "installed", "remove", "wanted"]

TABLE = "ai_cms_core_changes"
#: Grows with each transaction that changed something, and not before it is committed.
COUNT = f"SELECT sum(number), count(*) FROM {TABLE}"
_PREFIX = "ai_cms_changed"

# A start that no earlier table had.
_POSTGRES = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (id bigserial PRIMARY KEY, number bigint NOT NULL) WITH (fillfactor = 20);
INSERT INTO {TABLE} (number) SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
  WHERE NOT EXISTS (SELECT 1 FROM {TABLE});
CREATE OR REPLACE FUNCTION {_PREFIX}() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF current_setting('ai_cms.changed', true) IS DISTINCT FROM '1' THEN
    IF current_setting('transaction_isolation') = 'read committed' THEN
      UPDATE {TABLE} SET number = number + 1
        WHERE id = (SELECT id FROM {TABLE} LIMIT 1 FOR UPDATE SKIP LOCKED);
      IF NOT FOUND THEN
        INSERT INTO {TABLE} (number) VALUES (1);
      END IF;
    ELSE
      -- A row that another transaction counted in meanwhile would be a failure to serialise.
      INSERT INTO {TABLE} (number) VALUES (1);
    END IF;
    PERFORM set_config('ai_cms.changed', '1', true);
  END IF;
  RETURN NULL;
END $body$;
"""
_SQLITE = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (id integer PRIMARY KEY, number integer NOT NULL)",
    f"INSERT INTO {TABLE} (number) SELECT CAST(unixepoch('subsec') * 1000000 AS integer) "
    f"WHERE NOT EXISTS (SELECT 1 FROM {TABLE})",
)
_SQLITE_OLD = _SQLITE[1].replace("unixepoch('subsec')", "(julianday('now') - 2440587.5) * 86400")


def wanted(vendor: str) -> dict[str, tuple[str, str]]:
    """Return the statements that make the triggers, and their tables, by the triggers' names."""
    found = {}
    for row in watched():
        for statement in _statements(row, vendor):
            # Another definition is another name: what is in place is told by names alone.
            name = f"{_PREFIX}_{hashlib.sha256(statement.encode()).hexdigest()[:12]}"
            found[name] = (row.table, statement.format(name=name))
    return found


def _statements(row: Watched, vendor: str) -> Iterator[str]:
    named = ", ".join('"' + name + '"' for name in row.columns)
    columns = f" OF {named}" if row.columns else ""
    if vendor == "postgresql":
        events = f"INSERT OR DELETE OR TRUNCATE OR UPDATE{columns}"
        yield (
            f'CREATE TRIGGER "{{name}}" AFTER {events} ON "{row.table}" FOR EACH STATEMENT EXECUTE FUNCTION {_PREFIX}()'
        )
        return
    for event in ("INSERT", "DELETE", f"UPDATE{columns}"):
        yield (
            f'CREATE TRIGGER "{{name}}" AFTER {event} ON "{row.table}" '
            f"BEGIN UPDATE {TABLE} SET number = number + 1; END"
        )


def installed(cursor: Any, vendor: str) -> dict[str, str]:
    """Return the tables of the triggers in place by the triggers' names; ``cursor``: of any connection."""
    if vendor == "postgresql":
        cursor.execute(
            "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE tgname LIKE 'ai!_cms!_changed!_%' ESCAPE '!' AND tgenabled <> 'D' AND pg_table_is_visible(tgrelid)"
        )
    else:
        cursor.execute(
            "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' "
            "AND name LIKE 'ai!_cms!_changed!_%' ESCAPE '!'"
        )
    return dict(cursor.fetchall())


def install(using: str, **signal: object) -> None:
    """Put the table and its triggers in place and take those away that nobody wants any more; does nothing where all is."""
    connection = connections[using]
    if connection.vendor not in ("postgresql", "sqlite"):
        return
    tables = set(connection.introspection.table_names())
    with transaction.atomic(using=using), connection.cursor() as cursor:
        present = installed(cursor, connection.vendor)
        asked = {name: made for name, made in wanted(connection.vendor).items() if made[0] in tables}
        if present.keys() == asked.keys() and (TABLE in tables or not asked):
            return
        if asked:
            _make_table(cursor, connection.vendor)
        for name in present.keys() - asked.keys():
            _drop(cursor, connection.vendor, name, present[name])
        for name in asked.keys() - present.keys():
            cursor.execute(asked[name][1])
        if asked:
            # What was written while a trigger was missing.
            cursor.execute(f"UPDATE {TABLE} SET number = number + 1")


def _make_table(cursor: Any, vendor: str) -> None:
    if vendor == "postgresql":
        cursor.execute(_POSTGRES)
        return
    cursor.execute(_SQLITE[0])
    cursor.execute("SELECT sqlite_version()")
    recent = tuple(int(part) for part in cursor.fetchone()[0].split(".")[:2]) >= (3, 42)
    cursor.execute(_SQLITE[1] if recent else _SQLITE_OLD)


def remove(using: str, plan: Sequence[object] = (), **signal: object) -> None:
    """Take the triggers and their table away before a migration ``plan``; nothing kept is served until they are back."""
    connection = connections[using]
    if not plan or connection.vendor not in ("postgresql", "sqlite"):
        return
    # All at once: no writer meets a trigger without its table, no change goes uncounted while the count can be read.
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for name, table in installed(cursor, connection.vendor).items():
            _drop(cursor, connection.vendor, name, table)
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")


def _drop(cursor: Any, vendor: str, name: str, table: str) -> None:
    cursor.execute(f'DROP TRIGGER "{name}" ON "{table}"' if vendor == "postgresql" else f'DROP TRIGGER "{name}"')

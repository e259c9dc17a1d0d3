"""The database's index of the words of passages and the triggers that keep it, made like those of publications."""

from __future__ import annotations

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from ai_cms.pages.search import install as install_pages

__all__ = ["INDEX", "TABLE", "install", "rebuild"]

TABLE = "ai_cms_retrieval_passage"
INDEX = "ai_cms_retrieval_search"
#: Changes with everything that decides what the index holds, so that an older index is made anew.
_VERSION = "ai_cms retrieval 1"
_FUNCTION = "ai_cms_pages_search_vector"

# Triggers in place of a foreign key, and a vector in the table's own pages: see ai_cms.pages.search.index.
_POSTGRES = f"""
CREATE TABLE IF NOT EXISTS {INDEX} (
  passage_id bigint PRIMARY KEY,
  vector tsvector NOT NULL
);
ALTER TABLE {INDEX} ALTER COLUMN vector SET STORAGE MAIN;
CREATE INDEX IF NOT EXISTS {INDEX}_gin ON {INDEX} USING gin (vector);
CREATE OR REPLACE FUNCTION {INDEX}_update() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  INSERT INTO {INDEX} (passage_id, vector)
    VALUES (NEW.id, {_FUNCTION}(NEW.search_title, NEW.search_text, NEW.search_config))
    ON CONFLICT (passage_id) DO UPDATE SET vector = EXCLUDED.vector;
  RETURN NULL;
END $body$;
DROP TRIGGER IF EXISTS {INDEX}_trigger ON {TABLE};
CREATE TRIGGER {INDEX}_trigger AFTER INSERT OR UPDATE OF search_title, search_text, search_config ON {TABLE}
  FOR EACH ROW EXECUTE FUNCTION {INDEX}_update();
CREATE OR REPLACE FUNCTION {INDEX}_remove() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    TRUNCATE {INDEX};
  ELSE
    DELETE FROM {INDEX} WHERE passage_id = OLD.id;
  END IF;
  RETURN NULL;
END $body$;
DROP TRIGGER IF EXISTS {INDEX}_delete ON {TABLE};
CREATE TRIGGER {INDEX}_delete AFTER DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {INDEX}_remove();
DROP TRIGGER IF EXISTS {INDEX}_truncate ON {TABLE};
CREATE TRIGGER {INDEX}_truncate AFTER TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION {INDEX}_remove();
"""
_POSTGRES_FILL = f"""
INSERT INTO {INDEX} (passage_id, vector)
  SELECT id, {_FUNCTION}(search_title, search_text, search_config) FROM {TABLE}
  WHERE id NOT IN (SELECT passage_id FROM {INDEX})
"""
_SQLITE_TABLE = (
    f"CREATE VIRTUAL TABLE {INDEX} USING fts5(search_title, search_text, content='{TABLE}', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 0')"
)
_INSERT = f"INSERT INTO {INDEX}(rowid, search_title, search_text) VALUES (new.id, new.search_title, new.search_text);"
_DELETE = (
    f"INSERT INTO {INDEX}({INDEX}, rowid, search_title, search_text) "
    "VALUES ('delete', old.id, old.search_title, old.search_text);"
)
_SQLITE_TRIGGERS = {
    f"{INDEX}_insert": f"AFTER INSERT ON {TABLE} BEGIN {_INSERT} END",
    f"{INDEX}_delete": f"AFTER DELETE ON {TABLE} BEGIN {_DELETE} END",
    f"{INDEX}_update": f"AFTER UPDATE OF search_title, search_text ON {TABLE} BEGIN {_DELETE} {_INSERT} END",
}


def install(using: str, **signal: object) -> None:
    """Put the index and its triggers in place, after every migrate; does nothing where all is there."""
    connection = connections[using]
    tables = connection.introspection.table_names()
    if TABLE not in tables:
        if INDEX in tables:
            _remove(connection)
        return
    # The configurations and the function of the pages' index are this one's too, whichever app stands first.
    install_pages(using)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _install_postgres(cursor)
        elif connection.vendor == "sqlite":
            _install_sqlite(cursor)


def rebuild(using: str) -> None:
    """Make the index anew from the columns of the passages."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DELETE FROM {INDEX}")
            cursor.execute(_POSTGRES_FILL)
        elif connection.vendor == "sqlite":
            cursor.execute(f"INSERT INTO {INDEX}({INDEX}) VALUES ('rebuild')")


def _remove(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {INDEX}")
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP FUNCTION IF EXISTS {INDEX}_update(), {INDEX}_remove() CASCADE")


def _install_postgres(cursor: CursorWrapper) -> None:
    cursor.execute(_POSTGRES)
    cursor.execute("SELECT obj_description(%s::regclass)", [INDEX])
    if cursor.fetchone()[0] != _VERSION:
        cursor.execute(f"DELETE FROM {INDEX}")
        cursor.execute(f"COMMENT ON TABLE {INDEX} IS '{_VERSION}'")
    cursor.execute(_POSTGRES_FILL)


def _install_sqlite(cursor: CursorWrapper) -> None:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE name LIKE %s AND sql IS NOT NULL", [f"{INDEX}%"])
    present = dict(cursor.fetchall())
    if present.get(INDEX) == _SQLITE_TABLE and all(name in present for name in _SQLITE_TRIGGERS):
        return
    for name in _SQLITE_TRIGGERS:
        cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
    if present.get(INDEX) != _SQLITE_TABLE:
        cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")
        cursor.execute(_SQLITE_TABLE)
    for name, body in _SQLITE_TRIGGERS.items():
        cursor.execute(f"CREATE TRIGGER {name} {body}")
    cursor.execute(f"INSERT INTO {INDEX}({INDEX}) VALUES ('rebuild')")

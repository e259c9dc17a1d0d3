"""Full-text search over publications: PostgreSQL ``tsvector`` with a GIN index, SQLite FTS5, one function for both.

The index is made and kept by triggers, which ``post_migrate`` puts in place (:func:`install`), so that a publication is found in
the transaction that writes it, whoever writes it.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import connections
from django.db.models import FloatField, Value
from django.db.models.expressions import RawSQL

from .conf import pages_settings

__all__ = ["install", "search", "search_config_for"]

_CONFIGS = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "hu": "hungarian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "nl": "dutch",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
}

_TABLE = "ai_cms_pages_publication"
_INDEX = "ai_cms_pages_search"
#: Longer queries are cut: nobody types more, and every word costs.
MAX_QUERY_WORDS = 16

# A table of its own: a move rewrites every publication's path, and each new row version would enter the GIN index again.
# Kept by triggers instead of a foreign key, which would make Django's flush (TRUNCATE of the tables it knows) impossible.
_POSTGRES = f"""
CREATE TABLE IF NOT EXISTS {_INDEX} (
  publication_id bigint PRIMARY KEY,
  vector tsvector NOT NULL
);
ALTER TABLE {_INDEX} DROP CONSTRAINT IF EXISTS {_INDEX}_publication_id_fkey;
CREATE INDEX IF NOT EXISTS {_INDEX}_gin ON {_INDEX} USING gin (vector);
CREATE OR REPLACE FUNCTION {_INDEX}_update() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  INSERT INTO {_INDEX} (publication_id, vector) VALUES (
    NEW.id,
    setweight(to_tsvector(NEW.search_config::regconfig, left(NEW.search_title, 10000)), 'A') ||
    setweight(to_tsvector(NEW.search_config::regconfig, left(NEW.search_text, 250000)), 'C')
  ) ON CONFLICT (publication_id) DO UPDATE SET vector = EXCLUDED.vector;
  RETURN NULL;
END $body$;
DROP TRIGGER IF EXISTS {_INDEX}_trigger ON {_TABLE};
CREATE TRIGGER {_INDEX}_trigger AFTER INSERT OR UPDATE OF search_title, search_text, search_config ON {_TABLE}
  FOR EACH ROW EXECUTE FUNCTION {_INDEX}_update();
CREATE OR REPLACE FUNCTION {_INDEX}_remove() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    TRUNCATE {_INDEX};
  ELSE
    DELETE FROM {_INDEX} WHERE publication_id = OLD.id;
  END IF;
  RETURN NULL;
END $body$;
DROP TRIGGER IF EXISTS {_INDEX}_delete ON {_TABLE};
CREATE TRIGGER {_INDEX}_delete AFTER DELETE ON {_TABLE} FOR EACH ROW EXECUTE FUNCTION {_INDEX}_remove();
DROP TRIGGER IF EXISTS {_INDEX}_truncate ON {_TABLE};
CREATE TRIGGER {_INDEX}_truncate AFTER TRUNCATE ON {_TABLE} FOR EACH STATEMENT EXECUTE FUNCTION {_INDEX}_remove();
UPDATE {_TABLE} SET search_title = search_title WHERE id NOT IN (SELECT publication_id FROM {_INDEX});
"""

_SQLITE = (
    f"CREATE VIRTUAL TABLE IF NOT EXISTS {_INDEX} USING fts5(search_title, search_text, content='{_TABLE}', "
    "content_rowid='id', tokenize='unicode61 remove_diacritics 2')",
    f"CREATE TRIGGER IF NOT EXISTS {_INDEX}_insert AFTER INSERT ON {_TABLE} BEGIN "
    f"INSERT INTO {_INDEX}(rowid, search_title, search_text) VALUES (new.id, new.search_title, new.search_text); END",
    f"CREATE TRIGGER IF NOT EXISTS {_INDEX}_delete AFTER DELETE ON {_TABLE} BEGIN "
    f"INSERT INTO {_INDEX}({_INDEX}, rowid, search_title, search_text) "
    "VALUES ('delete', old.id, old.search_title, old.search_text); END",
    f"CREATE TRIGGER IF NOT EXISTS {_INDEX}_update AFTER UPDATE OF search_title, search_text ON {_TABLE} BEGIN "
    f"INSERT INTO {_INDEX}({_INDEX}, rowid, search_title, search_text) "
    "VALUES ('delete', old.id, old.search_title, old.search_text); "
    f"INSERT INTO {_INDEX}(rowid, search_title, search_text) VALUES (new.id, new.search_title, new.search_text); END",
)


def search_config_for(locale: str) -> str:
    """Return the PostgreSQL text search configuration of a language code; "simple" for languages without one."""
    table = {**_CONFIGS, **pages_settings.SEARCH_CONFIGS}
    code = locale.lower()
    found: str = table.get(code) or table.get(code.split("-")[0]) or "simple"
    return found


def install(using: str) -> None:
    """Put the search index and its triggers in place; does nothing where they are. Rebuilds SQLite's index when it made it anew.

    Django rebuilds a SQLite table to alter it, which drops triggers: hence after every migrate.
    """
    connection = connections[using]
    tables = connection.introspection.table_names()
    if _TABLE not in tables:
        if _INDEX in tables:
            # `migrate ai_cms_pages zero`: the index would stay without what it is about.
            _remove(connection)
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_POSTGRES)
        elif connection.vendor == "sqlite":
            cursor.execute("SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE %s", [f"{_INDEX}%"])
            complete = cursor.fetchone()[0] == len(_SQLITE) - 1
            for statement in _SQLITE:
                cursor.execute(statement)
            if not complete:
                cursor.execute(f"INSERT INTO {_INDEX}({_INDEX}) VALUES ('rebuild')")


def _remove(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {_INDEX}")
        if connection.vendor == "postgresql":
            cursor.execute(f"DROP FUNCTION IF EXISTS {_INDEX}_update(), {_INDEX}_remove() CASCADE")


def words(query: str) -> list[str]:
    """Return the words of a query, without any of the search languages' operators."""
    return re.findall(r"\w+", query, re.UNICODE)[:MAX_QUERY_WORDS]


def search(queryset: Any, query: str, *, locale: str = "en") -> Any:
    """Return the publications of ``queryset`` that contain every word of ``query``, the best first.

    The last word also matches as the beginning of a word. A query without any word finds nothing.
    """
    wanted = words(query)
    if not wanted:
        return queryset.none()
    vendor = connections[queryset.db].vendor
    if vendor == "postgresql":
        return _search_postgres(queryset, wanted, search_config_for(locale))
    if vendor == "sqlite":
        return _search_sqlite(queryset, wanted)
    for word in wanted:
        queryset = queryset.filter(search_text__icontains=word)
    return queryset.annotate(rank=Value(0.0, FloatField()))


def _search_postgres(queryset: Any, wanted: list[str], config: str) -> Any:
    # to_tsquery() of quoted words: stemmed, and no operator of the visitor's reaches the parser.
    text = " & ".join(f"'{word}'" for word in wanted[:-1])
    last = f"('{wanted[-1]}' | '{wanted[-1]}':*)"
    expression = f"{text} & {last}" if text else last
    ids = RawSQL(
        f"SELECT publication_id FROM {_INDEX} WHERE vector @@ to_tsquery(%s::regconfig, %s)",
        (config, expression),
    )
    rank = RawSQL(
        f"(SELECT ts_rank(vector, to_tsquery(%s::regconfig, %s)) FROM {_INDEX} WHERE publication_id = {_TABLE}.id)",
        (config, expression),
        output_field=FloatField(),
    )
    return queryset.filter(pk__in=ids).annotate(rank=rank).order_by("-rank", "-first_published_at", "-pk")


def _search_sqlite(queryset: Any, wanted: list[str]) -> Any:
    expression = " ".join(f'"{word}"' for word in wanted) + "*"
    ids = RawSQL(f"SELECT rowid FROM {_INDEX} WHERE {_INDEX} MATCH %s", (expression,))
    rank = RawSQL(
        f"(SELECT -bm25({_INDEX}, 5.0, 1.0) FROM {_INDEX} WHERE {_INDEX} MATCH %s AND rowid = {_TABLE}.id)",
        (expression,),
        output_field=FloatField(),
    )
    return queryset.filter(pk__in=ids).annotate(rank=rank).order_by("-rank", "-first_published_at", "-pk")

"""The database's index of words, the triggers that keep it, and what a publication brings into it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from ..conf import pages_settings
from .words import cut_text

if TYPE_CHECKING:
    from ..models import AbstractPage

__all__ = ["INDEX", "TABLE", "all_words_config", "install", "rebuild", "search_columns", "search_config_for"]

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

TABLE = "ai_cms_pages_publication"
INDEX = "ai_cms_pages_search"
#: Changes with everything that decides what the index holds, so that an older index is made anew.
_VERSION = "ai_cms search 2"

_LANGUAGES = sorted(set(_CONFIGS.values()))

# Copies of PostgreSQL's configurations that keep every word: "The Who" has none that the English one would index, and
# a title is to be found by itself.
_ALL_WORDS = """
DO $do$
DECLARE
  language text;
  stem text;
BEGIN
  FOREACH language IN ARRAY %(languages)s LOOP
    CONTINUE WHEN EXISTS (SELECT 1 FROM pg_ts_config WHERE cfgname = 'ai_cms_' || language AND pg_ts_config_is_visible(oid));
    EXECUTE format('CREATE TEXT SEARCH CONFIGURATION %%I (COPY = pg_catalog.%%I)', 'ai_cms_' || language, language);
    FOR stem IN
      SELECT DISTINCT d.dictname FROM pg_ts_config c
      JOIN pg_ts_config_map m ON m.mapcfg = c.oid JOIN pg_ts_dict d ON d.oid = m.mapdict
      WHERE c.cfgname = language AND c.cfgnamespace = 'pg_catalog'::regnamespace AND right(d.dictname, 5) = '_stem'
    LOOP
      IF NOT EXISTS (SELECT 1 FROM pg_ts_dict WHERE dictname = 'ai_cms_' || stem AND pg_ts_dict_is_visible(oid)) THEN
        EXECUTE format(
          'CREATE TEXT SEARCH DICTIONARY %%I (TEMPLATE = snowball, Language = %%s)',
          'ai_cms_' || stem, left(stem, -5)
        );
      END IF;
      EXECUTE format(
        'ALTER TEXT SEARCH CONFIGURATION %%I ALTER MAPPING REPLACE pg_catalog.%%I WITH %%I',
        'ai_cms_' || language, stem, 'ai_cms_' || stem
      );
    END LOOP;
  END LOOP;
END $do$;
"""

# A table of its own: a move rewrites every publication's path, and each new row version would enter the GIN index again.
# Vectors stay in the table's own pages: the planner does not count what unpacking costs, takes a table that looks small for
# quickly read, and would read every vector instead of the GIN index.
# New entries wait in a list that every search reads through: it is kept short, for the few that come between two searches.
# Kept by triggers instead of a foreign key, which would make Django's flush (TRUNCATE of the tables it knows) impossible.
_POSTGRES = f"""
CREATE TABLE IF NOT EXISTS {INDEX} (
  publication_id bigint PRIMARY KEY,
  vector tsvector NOT NULL
);
ALTER TABLE {INDEX} DROP CONSTRAINT IF EXISTS {INDEX}_publication_id_fkey;
ALTER TABLE {INDEX} ALTER COLUMN vector SET STORAGE MAIN;
CREATE INDEX IF NOT EXISTS {INDEX}_gin ON {INDEX} USING gin (vector);
ALTER INDEX {INDEX}_gin SET (gin_pending_list_limit = 64);
CREATE OR REPLACE FUNCTION {INDEX}_vector(title text, body text, config text) RETURNS tsvector LANGUAGE plpgsql AS $body$
DECLARE
  chosen regconfig :=
    CASE WHEN config IN ({", ".join(f"'{name}'" for name in _LANGUAGES)}) THEN 'ai_cms_' || config ELSE config END;
BEGIN
  RETURN setweight(to_tsvector(chosen, left(title, 10000)), 'A') || setweight(to_tsvector(chosen, left(body, 200000)), 'C');
END $body$;
CREATE OR REPLACE FUNCTION {INDEX}_update() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  INSERT INTO {INDEX} (publication_id, vector)
    VALUES (NEW.id, {INDEX}_vector(NEW.search_title, NEW.search_text, NEW.search_config))
    ON CONFLICT (publication_id) DO UPDATE SET vector = EXCLUDED.vector;
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
    DELETE FROM {INDEX} WHERE publication_id = OLD.id;
  END IF;
  RETURN NULL;
END $body$;
DROP TRIGGER IF EXISTS {INDEX}_delete ON {TABLE};
CREATE TRIGGER {INDEX}_delete AFTER DELETE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {INDEX}_remove();
DROP TRIGGER IF EXISTS {INDEX}_truncate ON {TABLE};
CREATE TRIGGER {INDEX}_truncate AFTER TRUNCATE ON {TABLE} FOR EACH STATEMENT EXECUTE FUNCTION {INDEX}_remove();
"""
_POSTGRES_FILL = f"""
INSERT INTO {INDEX} (publication_id, vector)
  SELECT id, {INDEX}_vector(search_title, search_text, search_config) FROM {TABLE}
  WHERE id NOT IN (SELECT publication_id FROM {INDEX})
"""

# The words come cut and folded: the tokeniser finds nothing left to do.
_SQLITE_TABLE = (
    f"CREATE VIRTUAL TABLE {INDEX} USING fts5(search_title, search_text, content='{TABLE}', content_rowid='id', "
    "tokenize='unicode61 remove_diacritics 0')"
)
_SQLITE_TRIGGERS = {
    f"{INDEX}_insert": f"AFTER INSERT ON {TABLE} BEGIN "
    f"INSERT INTO {INDEX}(rowid, search_title, search_text) VALUES (new.id, new.search_title, new.search_text); END",
    f"{INDEX}_delete": f"AFTER DELETE ON {TABLE} BEGIN "
    f"INSERT INTO {INDEX}({INDEX}, rowid, search_title, search_text) "
    "VALUES ('delete', old.id, old.search_title, old.search_text); END",
    f"{INDEX}_update": f"AFTER UPDATE OF search_title, search_text ON {TABLE} BEGIN "
    f"INSERT INTO {INDEX}({INDEX}, rowid, search_title, search_text) "
    "VALUES ('delete', old.id, old.search_title, old.search_text); "
    f"INSERT INTO {INDEX}(rowid, search_title, search_text) VALUES (new.id, new.search_title, new.search_text); END",
}


def search_config_for(locale: str) -> str:
    """Return the PostgreSQL text search configuration of a language code; "simple" for languages without one."""
    table = {**_CONFIGS, **pages_settings.SEARCH_CONFIGS}
    code = locale.lower()
    found: str = table.get(code) or table.get(code.split("-")[0]) or "simple"
    return found


def all_words_config(config: str) -> str:
    """Return the configuration that the index uses for ``config``: ours without stop words, or a host's own as it is."""
    return f"ai_cms_{config}" if config in _LANGUAGES else config


def search_columns(page: AbstractPage, text: str | None = None) -> dict[str, str]:
    """Return what the publication of ``page`` is found by; ``text``: that of its document, where it is known."""
    body = page.content_json.text() if text is None else text
    return {
        "search_title": cut_text(page.title),
        "search_text": cut_text("\n".join(part for part in (page.seo_description, body, page.search_extra()) if part)),
        "search_config": search_config_for(page.locale),
    }


def install(using: str, **signal: object) -> None:
    """Put the search index and its triggers in place, and make an index of an older version anew; does nothing where all is.

    Django rebuilds a SQLite table to alter it, which drops triggers: hence after every migrate.
    """
    connection = connections[using]
    tables = connection.introspection.table_names()
    if TABLE not in tables:
        if INDEX in tables:
            # `migrate ai_cms_pages zero`: the index would stay without what it is about.
            _remove(connection)
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _install_postgres(cursor)
        elif connection.vendor == "sqlite":
            _install_sqlite(cursor)


def _remove(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {INDEX}")
        if connection.vendor == "postgresql":
            functions = f"{INDEX}_vector(text, text, text), {INDEX}_update(), {INDEX}_remove()"
            cursor.execute(f"DROP FUNCTION IF EXISTS {functions} CASCADE")
            # The Russian one has the English dictionary too: all that use one go first.
            for language in _LANGUAGES:
                cursor.execute(f"DROP TEXT SEARCH CONFIGURATION IF EXISTS ai_cms_{language}")
            for language in _LANGUAGES:
                cursor.execute(f"DROP TEXT SEARCH DICTIONARY IF EXISTS ai_cms_{language}_stem")


def rebuild(using: str) -> None:
    """Make the index anew from the columns of the publications."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"DELETE FROM {INDEX}")
            cursor.execute(_POSTGRES_FILL)
        elif connection.vendor == "sqlite":
            cursor.execute(f"INSERT INTO {INDEX}({INDEX}) VALUES ('rebuild')")


def _install_postgres(cursor: CursorWrapper) -> None:
    languages = "ARRAY[" + ", ".join(f"'{name}'" for name in _LANGUAGES) + "]"
    cursor.execute(_ALL_WORDS % {"languages": languages})
    cursor.execute(_POSTGRES)
    cursor.execute("SELECT obj_description(%s::regclass)", [INDEX])
    anew = cursor.fetchone()[0] != _VERSION
    if anew:
        cursor.execute(f"DELETE FROM {INDEX}")
        cursor.execute(f"COMMENT ON TABLE {INDEX} IS '{_VERSION}'")
    cursor.execute(_POSTGRES_FILL)
    if anew:
        cursor.execute(f"ANALYZE {INDEX}")


def _install_sqlite(cursor: CursorWrapper) -> None:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE name LIKE %s AND sql IS NOT NULL", [f"{INDEX}%"])
    present = dict(cursor.fetchall())
    complete = present.get(INDEX) == _SQLITE_TABLE and all(name in present for name in _SQLITE_TRIGGERS)
    if complete:
        return
    for name in _SQLITE_TRIGGERS:
        cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
    if present.get(INDEX) != _SQLITE_TABLE:
        cursor.execute(f"DROP TABLE IF EXISTS {INDEX}")
        cursor.execute(_SQLITE_TABLE)
    for name, body in _SQLITE_TRIGGERS.items():
        cursor.execute(f"CREATE TRIGGER {name} {body}")
    cursor.execute(f"INSERT INTO {INDEX}({INDEX}) VALUES ('rebuild')")

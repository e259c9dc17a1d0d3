"""Where words stand in messages: an index of the database, kept by the database.

PostgreSQL has an index over an expression, made by a migration. SQLite has a table of FTS5 with triggers; whatever rebuilds the
table of messages drops those, so they are looked for after each ``migrate``. A word is found by its beginning. What is no
word to an index, such as a sign or a script without spaces, is looked for letter by letter.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import DatabaseError, connections, models
from django.db.models.expressions import RawSQL

from .models import Message

__all__ = ["ensure_index", "with_words"]

logger = logging.getLogger("ai_cms.chat")
M = TypeVar("M", bound=models.Model)

INDEX, KEYS = "ai_cms_chat_word", "ai_cms_chat_word_key"
#: The expression of the migration: characters of a message that are looked through, so that none is too long for an index.
VECTOR = "to_tsvector('simple', left({column}, 100000))"
#: Scripts that are written without spaces: an index takes a whole sentence for one word.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_TRIGGERS = {
    f"{INDEX}_added": f"""
        AFTER INSERT ON {{table}} BEGIN
          INSERT INTO {KEYS} (message) VALUES (new.id);
          INSERT INTO {INDEX} (rowid, content) SELECT id, new.content FROM {KEYS} WHERE message = new.id;
        END""",
    f"{INDEX}_changed": f"""
        AFTER UPDATE OF content ON {{table}} WHEN old.content IS NOT new.content BEGIN
          DELETE FROM {INDEX} WHERE rowid = (SELECT id FROM {KEYS} WHERE message = new.id);
          INSERT INTO {INDEX} (rowid, content) SELECT id, new.content FROM {KEYS} WHERE message = new.id;
        END""",
    f"{INDEX}_gone": f"""
        AFTER DELETE ON {{table}} BEGIN
          DELETE FROM {INDEX} WHERE rowid = (SELECT id FROM {KEYS} WHERE message = old.id);
          DELETE FROM {KEYS} WHERE message = old.id;
        END""",
}


def with_words(rows: models.QuerySet[M], words: Sequence[str]) -> models.QuerySet[M]:
    """Return those messages of ``rows`` that hold all ``words``."""
    indexed: list[str] = []
    for word in words:
        parts = re.findall(r"[^\W_]+", word)
        if parts and not _UNSPACED.search(word):
            indexed += parts
        else:
            rows = rows.filter(content__icontains=word)
    if not indexed:
        return rows
    connection = connections[rows.db]
    if connection.vendor == "postgresql":
        return rows.filter(pk__in=RawSQL(_postgres(), [" & ".join(f"{word}:*" for word in indexed)]))
    if connection.vendor == "sqlite" and _is_there(connection):
        found = f"SELECT message FROM {KEYS} WHERE id IN (SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s)"
        return rows.filter(pk__in=RawSQL(found, [" ".join(f'"{word}"*' for word in indexed)]))
    for word in indexed:
        rows = rows.filter(content__icontains=word)
    return rows


def ensure_index(using: str) -> None:
    """Make what SQLite needs, if it is not there, and fill it anew if a trigger was not."""
    connection = connections[using]
    if connection.vendor != "sqlite" or Message._meta.db_table not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        if _is_there(connection):
            return
        table = connection.ops.quote_name(Message._meta.db_table)
        try:
            cursor.execute(
                f"CREATE VIRTUAL TABLE IF NOT EXISTS {INDEX} USING fts5(content, tokenize='unicode61 remove_diacritics 2')"
            )
        except DatabaseError:
            logger.warning("This SQLite has no FTS5: messages are searched without an index.")
            return
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {KEYS} (id INTEGER PRIMARY KEY, message char(32) NOT NULL UNIQUE)")
        cursor.execute(f"DELETE FROM {INDEX}")
        cursor.execute(f"DELETE FROM {KEYS}")
        cursor.execute(f"INSERT INTO {KEYS} (message) SELECT id FROM {table}")
        cursor.execute(
            f"INSERT INTO {INDEX} (rowid, content) "
            f"SELECT {KEYS}.id, {table}.content FROM {table} JOIN {KEYS} ON {KEYS}.message = {table}.id"
        )
        for name, trigger in _TRIGGERS.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(f"CREATE TRIGGER {name} {trigger.format(table=table)}")


def _postgres() -> str:
    table = f'"{Message._meta.db_table}"'
    vector = VECTOR.format(column=f"{table}.content")
    return f"SELECT {table}.id FROM {table} WHERE {vector} @@ to_tsquery('simple', %s)"


def _is_there(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND name IN (%s, %s, %s)", list(_TRIGGERS)
        )
        return bool(cursor.fetchone()[0] == len(_TRIGGERS))

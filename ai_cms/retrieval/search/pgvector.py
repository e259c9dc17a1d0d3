"""Nearest vectors by PostgreSQL's extension pgvector, 0.8 or newer, where a database has it; the stored bytes stay what counts.

Older ones filter after the index has answered, and find too few: 0.8 goes on looking (``hnsw.iterative_scan``). Vectors are sent
as text, so that no package is needed.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence

from django.db import DataError, connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import FloatField
from django.db.models.expressions import RawSQL

from ..models import Vector
from ..querysets import PassageQuerySet
from .index import TABLE
from .numbers import unpacked

__all__ = ["available", "fill", "forget", "install", "nearest_by_pgvector"]

logger = logging.getLogger("ai_cms.retrieval")

VECTORS = "ai_cms_retrieval_pgvector"
_OLDEST = (0, 8)
#: HNSW takes no longer ones; those are compared one by one, in the database.
_MOST_DIMENSIONS = 2_000
_BATCH = 500
#: Seconds a process remembers whether a database has the extension and the table.
MEMO_SECONDS = 60.0
_memo: dict[str, tuple[float, bool]] = {}


def available(using: str) -> bool:
    """Return whether a database has the extension in a version that serves, and our table; asked once a minute."""
    if connections[using].vendor != "postgresql":
        return False
    known = _memo.get(using)
    if known is None or time.monotonic() - known[0] >= MEMO_SECONDS:
        known = _memo[using] = (time.monotonic(), _is_new_enough(using) and _has_table(using))
    return known[1]


def forget() -> None:
    """Ask the databases again."""
    _memo.clear()


def install(using: str, **signal: object) -> None:
    """Make the table for vectors where the extension is; after every migrate, and by ``rebuild_retrieval``."""
    forget()
    if connections[using].vendor != "postgresql" or not _is_new_enough(using):
        return
    if TABLE not in connections[using].introspection.table_names():
        return
    with connections[using].cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {VECTORS} (space varchar(200) NOT NULL, digest varchar(64) NOT NULL, "
            "embedding vector NOT NULL, PRIMARY KEY (space, digest))"
        )


def fill(using: str, space: str, digests: Sequence[str] | None = None) -> int:
    """Bring stored vectors of ``space`` into the extension's table; return how many. ``digests``: ``None`` for all."""
    if not available(using):
        return 0
    rows = Vector.objects.using(using).made(space)
    if digests is not None:
        rows = rows.filter(digest__in=digests)
    missing = rows.extra(
        where=[
            f"NOT EXISTS (SELECT 1 FROM {VECTORS} v WHERE v.space = %s AND v.digest = {Vector._meta.db_table}.digest)"
        ],
        params=[space],
    )
    count = 0
    while found := list(missing.order_by("pk").values_list("digest", "data")[:_BATCH]):
        values = [value for digest, data in found for value in (space, digest, _text(bytes(data)))]
        with connections[using].cursor() as cursor:
            places = ", ".join(["(%s, %s, %s::vector)"] * len(found))
            cursor.execute(
                f"INSERT INTO {VECTORS} (space, digest, embedding) VALUES {places} ON CONFLICT DO NOTHING", values
            )
            _make_index(cursor, space, len(found[0][1]) // 4)
        count += len(found)
    return count


def prune(using: str) -> None:
    """Delete what is no longer among the stored vectors."""
    if available(using):
        with connections[using].cursor() as cursor:
            cursor.execute(
                f"DELETE FROM {VECTORS} v WHERE NOT EXISTS (SELECT 1 FROM {Vector._meta.db_table} s "
                "WHERE s.space = v.space AND s.digest = v.digest)"
            )


def nearest_by_pgvector(
    rows: PassageQuerySet, wanted: bytes, *, space: str, limit: int, least: float
) -> list[int] | None:
    """Return the keys of those of ``rows`` whose vectors are nearest, ``None`` if they have vectors of another length."""
    size = len(wanted) // 4
    distance = RawSQL(f"({VECTORS}.embedding::vector({size})) <=> %s::vector({size})", (_text(wanted),), FloatField())
    found = (
        rows.extra(
            tables=[VECTORS], where=[f"{VECTORS}.digest = {TABLE}.digest", f"{VECTORS}.space = %s"], params=[space]
        )
        .annotate(distance=distance)
        .order_by("distance", "pk")
        .values_list("pk", "distance")
    )
    try:
        with transaction.atomic(using=rows.db):
            with connections[rows.db].cursor() as cursor:
                cursor.execute("SET LOCAL hnsw.iterative_scan = strict_order")
            return [pk for pk, far in found[:limit] if 1 - far >= least]
    except DataError:
        logger.warning("Stored vectors of %s have another length than the query's.", space)
        return None


def _make_index(cursor: CursorWrapper, space: str, size: int) -> None:
    name = f"ai_cms_retrieval_{hashlib.sha256(f'{space}:{size}'.encode()).hexdigest()[:16]}"
    if size > _MOST_DIMENSIONS or _exists(cursor, name):
        return
    literal = space.replace("'", "''").replace("%", "%%")
    cursor.execute(
        f"CREATE INDEX IF NOT EXISTS {name} ON {VECTORS} USING hnsw ((embedding::vector({size})) vector_cosine_ops) "
        f"WHERE space = '{literal}'",
        [],
    )


def _exists(cursor: CursorWrapper, name: str) -> bool:
    cursor.execute("SELECT to_regclass(%s)", [name])
    return cursor.fetchone()[0] is not None


def _text(data: bytes) -> str:
    return "[" + ",".join(map(repr, unpacked(data))) + "]"


def _is_new_enough(using: str) -> bool:
    with connections[using].cursor() as cursor:
        # In a schema that is not searched, it would be there and not be found.
        cursor.execute(
            "SELECT extversion FROM pg_extension WHERE extname = 'vector' AND to_regtype('vector') IS NOT NULL"
        )
        found = cursor.fetchone()
    numbers = [int(part) for part in found[0].split(".")[:2] if part.isdigit()] if found else []
    return tuple(numbers) >= _OLDEST


def _has_table(using: str) -> bool:
    with connections[using].cursor() as cursor:
        return _exists(cursor, VECTORS)

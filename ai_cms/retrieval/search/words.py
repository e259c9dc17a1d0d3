"""Passages with the words of a question: the more of them and the rarer, the better, and at least half."""

from __future__ import annotations

from typing import cast

from django.db import connections
from django.db.models import FloatField, Q, Value
from django.db.models.expressions import RawSQL

from ai_cms.llm.backends.local.stop_words import STOP_WORDS
from ai_cms.pages.search import search_config_for
from ai_cms.pages.search.index import all_words_config
from ai_cms.pages.search.words import Group, cut_query, fold

from ..querysets import PassageQuerySet
from .index import INDEX, TABLE

__all__ = ["passages_with_words", "words_of"]

#: Words of a question that count.
MOST_WORDS = 16
#: Without endings left out, as on SQLite, longer words also match as the beginning of one.
_PREFIX_FROM = 4
_NOTHING_SAID = frozenset(fold(word) for word in STOP_WORDS)


def words_of(query: str) -> list[Group]:
    """Return the words that ``query`` is about, each once, with the ways they may stand in a text; all where none is left."""
    groups: dict[str, Group] = {}
    for group in cut_query(query):
        groups.setdefault(" ".join(group[0]), group)
    about = [group for words, group in groups.items() if words not in _NOTHING_SAID]
    return (about or list(groups.values()))[:MOST_WORDS]


def passages_with_words(rows: PassageQuerySet, query: str, *, locale: str = "en") -> PassageQuerySet:
    """Return those of ``rows`` with at least half of the words of ``query``, the best first.

    ``locale``: the language whose endings PostgreSQL leaves out. A query without any word finds nothing.
    """
    groups = words_of(query)
    if not groups:
        return rows.none()
    vendor = connections[rows.db].vendor
    if vendor == "postgresql":
        config = all_words_config(search_config_for(locale))
        return _indexed(
            rows,
            [_postgres(group) for group in groups],
            "passage_id",
            "vector @@ to_tsquery(%s::regconfig, %s)",
            config,
        )
    if vendor == "sqlite":
        return _indexed(rows, [_sqlite(group) for group in groups], "rowid", f"{INDEX} MATCH %s")
    where = Q()
    for group in groups:
        for word in group[0]:
            where |= Q(search_title__icontains=word) | Q(search_text__icontains=word)
    plain: PassageQuerySet = rows.filter(where).annotate(rank=Value(0.0, FloatField())).order_by("pk")
    return plain


def _indexed(rows: PassageQuerySet, terms: list[str], key: str, match: str, *config: str) -> PassageQuerySet:
    anything = " | ".join(f"({term})" for term in terms) if config else " OR ".join(f"({term})" for term in terms)
    conditions = [f"{INDEX}.{key} = {TABLE}.id", match if not config else f"{INDEX}.{match}"]
    values = [*config, anything]
    least = (len(terms) + 1) // 2
    if least > 1:
        each = " UNION ALL ".join(f"SELECT {key} AS id FROM {INDEX} WHERE {match}" for _ in terms)
        conditions.append(f"{TABLE}.id IN (SELECT id FROM ({each}) AS hits GROUP BY id HAVING COUNT(*) >= {least})")
        values += [value for term in terms for value in (*config, term)]
    # A long passage has every word somewhere: hence the length in ts_rank, as bm25 has it.
    rank = (
        RawSQL(f"ts_rank({INDEX}.vector, to_tsquery(%s::regconfig, %s), 1)", (*config, anything), FloatField())
        if config
        else RawSQL(f"-bm25({INDEX}, 3.0, 1.0)", (), FloatField())
    )
    # extra(), because the index is no model: a subquery for the rank would ask it once for every row.
    found = rows.extra(tables=[INDEX], where=conditions, params=values).annotate(rank=rank)
    return cast("PassageQuerySet", found.order_by("-rank", "pk"))


def _postgres(group: Group) -> str:
    def term(word: str) -> str:
        # A single character of a script without spaces stands in the index as the beginning of a pair.
        return f"'{word}':*" if len(word) == 1 and not word.isascii() else f"'{word}'"

    return " | ".join("(" + " & ".join(map(term, way)) + ")" for way in group)


def _sqlite(group: Group) -> str:
    def term(word: str) -> str:
        begins = len(word) >= _PREFIX_FROM or (len(word) == 1 and not word.isascii())
        return f'"{word}"*' if begins else f'"{word}"'

    return " OR ".join("(" + " AND ".join(map(term, way)) + ")" for way in group)

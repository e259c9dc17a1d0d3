"""Ask the index: which publications contain every word of a query, the best first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import FloatField, Q, Value
from django.db.models.expressions import RawSQL

from .index import INDEX, TABLE, all_words_config, search_config_for
from .words import Group, cut_query

if TYPE_CHECKING:
    from ..querysets import PublicationQuerySet

__all__ = ["has_words", "search", "with_words"]


def search(queryset: PublicationQuerySet, query: str, *, locale: str = "en") -> PublicationQuerySet:
    """Return the publications of ``queryset`` that contain every word of ``query``, the best first.

    The last word also matches as the beginning of a word. A query without any word finds nothing. ``locale``: the language
    whose endings PostgreSQL leaves out.
    """
    return with_words(queryset, cut_query(query), locale=locale)


def with_words(queryset: PublicationQuerySet, groups: Sequence[Group], *, locale: str) -> PublicationQuerySet:
    """Return the publications that contain, of each group, all words of one of its ways."""
    if not groups:
        return queryset.none()
    vendor = connections[queryset.db].vendor
    if vendor == "postgresql":
        return _search_postgres(queryset, groups, all_words_config(search_config_for(locale)))
    if vendor == "sqlite":
        return _search_sqlite(queryset, groups)
    ranked: PublicationQuerySet = queryset.filter(_plain_condition(groups)).annotate(rank=Value(0.0, FloatField()))
    return ranked


def has_words(query: str, *, locale: str = "en", using: str = DEFAULT_DB_ALIAS) -> Q:
    """Return the condition for publications that contain every word of ``query``, without a rank: for subqueries."""
    groups = cut_query(query)
    if not groups:
        return Q(pk__in=[])
    vendor = connections[using].vendor
    if vendor == "postgresql":
        config = all_words_config(search_config_for(locale))
        statement = f"SELECT publication_id FROM {INDEX} WHERE vector @@ to_tsquery(%s::regconfig, %s)"
        return Q(pk__in=RawSQL(statement, (config, _postgres_expression(groups))))
    if vendor == "sqlite":
        statement = f"SELECT rowid FROM {INDEX} WHERE {INDEX} MATCH %s"
        return Q(pk__in=RawSQL(statement, (_sqlite_expression(groups),)))
    return _plain_condition(groups)


def _plain_condition(groups: Sequence[Group]) -> Q:
    where = Q()
    for group in groups:
        ways = Q()
        for way in group:
            every = Q()
            for word in way:
                every &= Q(search_title__icontains=word) | Q(search_text__icontains=word)
            ways |= every
        where &= ways
    return where


def _is_prefix(word: str, *, last: bool) -> bool:
    # A single character of a script without spaces stands in the index as the beginning of a pair.
    return last or (len(word) == 1 and not word.isascii())


def _search_postgres(queryset: PublicationQuerySet, groups: Sequence[Group], config: str) -> PublicationQuerySet:
    expression = _postgres_expression(groups)
    wanted = "to_tsquery(%s::regconfig, %s)"
    rank = RawSQL(f"ts_rank({INDEX}.vector, {wanted})", (config, expression), output_field=FloatField())
    conditions = [f"{INDEX}.publication_id = {TABLE}.id", f"{INDEX}.vector @@ {wanted}"]
    return _joined(queryset, conditions, [config, expression], rank)


def _postgres_expression(groups: Sequence[Group]) -> str:
    # to_tsquery() of quoted words: stemmed, and no operator of the visitor's reaches the parser.
    def term(word: str, *, last: bool) -> str:
        return f"('{word}' | '{word}':*)" if _is_prefix(word, last=last) else f"'{word}'"

    def one(group: Group, *, last: bool) -> str:
        ways = [
            " & ".join(term(word, last=last and number == len(way)) for number, word in enumerate(way, 1))
            for way in group
        ]
        return ways[0] if len(ways) == 1 else "(" + " | ".join(f"({way})" for way in ways) + ")"

    return " & ".join(one(group, last=number == len(groups)) for number, group in enumerate(groups, 1))


def _search_sqlite(queryset: PublicationQuerySet, groups: Sequence[Group]) -> PublicationQuerySet:
    rank = RawSQL(f"-bm25({INDEX}, 5.0, 1.0)", (), output_field=FloatField())
    conditions = [f"{INDEX}.rowid = {TABLE}.id", f"{INDEX} MATCH %s"]
    return _joined(queryset, conditions, [_sqlite_expression(groups)], rank)


def _sqlite_expression(groups: Sequence[Group]) -> str:
    def term(word: str, *, last: bool) -> str:
        return f'"{word}"*' if _is_prefix(word, last=last) else f'"{word}"'

    def one(group: Group, *, last: bool) -> str:
        ways = [
            " AND ".join(term(word, last=last and number == len(way)) for number, word in enumerate(way, 1))
            for way in group
        ]
        return "(" + " OR ".join(f"({way})" for way in ways) + ")"

    return " AND ".join(one(group, last=number == len(groups)) for number, group in enumerate(groups, 1))


def _joined(
    queryset: PublicationQuerySet, conditions: list[str], values: list[str], rank: RawSQL
) -> PublicationQuerySet:
    # extra(), because the index is no model: a subquery for the rank would ask it once for every row.
    found = queryset.extra(tables=[INDEX], where=conditions, params=values).annotate(rank=rank)
    return cast("PublicationQuerySet", found.order_by("-rank", "-first_published_at", "-pk"))

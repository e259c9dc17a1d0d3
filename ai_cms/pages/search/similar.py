"""A second try for a query that finds nothing: with the words of the index that are nearly those of the query.

What is similar is decided here and not by an extension of the database, so that both databases find the same. A word is
similar if it becomes the other by one change (a letter more, less, other, or two swapped), two from eight letters on.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.db import connections

from .index import INDEX, all_words_config, search_config_for
from .queries import search, with_words
from .words import Group, cut_query

if TYPE_CHECKING:
    from ..querysets import PublicationQuerySet

__all__ = ["forget_vocabulary", "search_or_similar", "search_similar"]

#: Publications whose words PostgreSQL is asked for, the newest; SQLite keeps a list of all words by itself.
VOCABULARY_PAGES = 1_000
VOCABULARY_WORDS = 200_000
#: Seconds a process remembers the words of the index.
MEMO_SECONDS = 60.0
#: Words that a misspelt one may stand for.
MAX_SIMILAR = 8
#: Shorter words are too like each other; they may be missing in a second try.
MIN_LENGTH = 4

#: By database: when the words were read, and the words by their length.
_memo: dict[str, tuple[float, dict[int, list[str]]]] = {}


def search_or_similar(queryset: PublicationQuerySet, query: str, *, locale: str = "en") -> PublicationQuerySet:
    """Return what :func:`search` finds, or if that is nothing what :func:`search_similar` does. One query to see which."""
    found = search(queryset, query, locale=locale)
    return found if found.exists() else search_similar(queryset, query, locale=locale)


def search_similar(queryset: PublicationQuerySet, query: str, *, locale: str = "en") -> PublicationQuerySet:
    """Return the publications with the words of ``query`` or words that are nearly the same, the best first.

    Words of up to three letters may be missing if there are longer ones. Reads the words of the index, at most once a minute
    in each process.
    """
    groups = cut_query(query)
    long = [group for group in groups if any(len(word) >= MIN_LENGTH or not word.isascii() for word in group[0])]
    wanted = long or groups
    words = {word for group in wanted for way in group for word in way if len(word) >= MIN_LENGTH and word.isalpha()}
    if not words:
        return with_words(queryset, wanted, locale=locale) if len(wanted) < len(groups) else queryset.none()
    similar = {word: _similar(queryset.db, word, locale) for word in words}
    return with_words(queryset, [_widened(group, similar) for group in wanted], locale=locale)


def forget_vocabulary() -> None:
    """Read the words of the index again at the next question."""
    _memo.clear()


def _widened(group: Group, similar: dict[str, list[str]]) -> Group:
    more = [
        [*way[:index], other, *way[index + 1 :]]
        for way in group
        for index, word in enumerate(way)
        for other in similar.get(word, [])
    ]
    return [*group, *more]


def _similar(using: str, word: str, locale: str) -> list[str]:
    """Return the words of the index that ``word`` may have been meant for, the nearest first."""
    forms = {word, *_stems(using, word, locale)}
    vocabulary = _vocabulary(using)
    found: dict[str, int] = {}
    for form in forms:
        most = 2 if len(form) >= 8 else 1
        for length in range(len(form) - most, len(form) + most + 1):
            for other in vocabulary.get(length, ()):
                if other not in forms and (steps := distance(form, other, most)) <= most:
                    found[other] = min(steps, found.get(other, steps))
    return sorted(found, key=lambda other: (found[other], other[:1] != word[:1], other))[:MAX_SIMILAR]


def _stems(using: str, word: str, locale: str) -> list[str]:
    connection = connections[using]
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tsvector_to_array(to_tsvector(%s::regconfig, %s))",
            [all_words_config(search_config_for(locale)), word],
        )
        found: list[str] = cursor.fetchone()[0]
    return found


def _vocabulary(using: str) -> dict[int, list[str]]:
    known = _memo.get(using)
    if known is not None and time.monotonic() - known[0] < MEMO_SECONDS:
        return known[1]
    by_length: dict[int, list[str]] = {}
    for word in _read_words(using):
        by_length.setdefault(len(word), []).append(word)
    _memo[using] = (time.monotonic(), by_length)
    return by_length


def _read_words(using: str) -> list[str]:
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            # A table of the connection alone: nothing is written to the site's.
            cursor.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.{INDEX}_words USING fts5vocab(main, {INDEX}, row)")
            cursor.execute(
                f"SELECT term FROM temp.{INDEX}_words WHERE length(term) BETWEEN %s AND 40 LIMIT %s",
                [MIN_LENGTH - 1, VOCABULARY_WORDS],
            )
        elif connection.vendor == "postgresql":
            cursor.execute(
                "SELECT word FROM ts_stat(%s) WHERE length(word) BETWEEN %s AND 40 ORDER BY nentry DESC LIMIT %s",
                [
                    f"SELECT vector FROM {INDEX} ORDER BY publication_id DESC LIMIT {VOCABULARY_PAGES}",
                    MIN_LENGTH - 1,
                    VOCABULARY_WORDS,
                ],
            )
        else:
            return []
        return [row[0] for row in cursor.fetchall() if row[0].isalpha()]


def distance(one: str, other: str, most: int) -> int:
    """Return how many letters must be put in, left out, replaced or swapped with the next, or ``most + 1`` if more."""
    if one[:1] != other[:1] and one[-1:] != other[-1:]:
        # Both ends misspelt: too far from anything to guess.
        return most + 1
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    one, other = one[start:], other[start:]
    before: list[int] = []
    above = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, another in enumerate(other, 1):
            cost = above[column - 1] + (letter != another)
            cost = min(cost, above[column] + 1, line[-1] + 1)
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == another:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(line) > most:
            return most + 1
        before, above = above, line
    return above[-1]

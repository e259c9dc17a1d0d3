"""What kept answers are made of: tables, moments and memos, told by the apps whose views let their answers be kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models, router

from ..conf import core_settings

__all__ = ["Watched", "database_of_watched", "expires", "forget_memos", "forgets", "next_expiry", "watch", "watched"]

_Model = type[models.Model]


@dataclass(frozen=True, slots=True)
class Watched:
    """One table. ``columns``: those whose change counts, () for all."""

    model: _Model
    columns: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        return self.model._meta.db_table


_watched: list[tuple[Callable[[], _Model], tuple[str, ...]]] = []
_expiries: list[Callable[[datetime], datetime | None]] = []
_memos: list[Callable[[], None]] = []


def watch(model: Callable[[], _Model], *, ignore: Sequence[str] = ()) -> None:
    """Count every change of a table as one of kept answers.

    ``model``: returns the model, so that swapped ones are found. ``ignore``: names of fields that no answer shows.
    """
    _watched.append((model, tuple(ignore)))


def expires(moment: Callable[[datetime], datetime | None]) -> None:
    """Have kept answers end by the clock: ``moment(now)`` returns when the next one becomes another by itself, or None."""
    _expiries.append(moment)


def forgets(memo: Callable[[], None]) -> Callable[[], None]:
    """Have ``memo()`` called when a change has been seen, for what a process remembers of tables."""
    _memos.append(memo)
    return memo


def watched() -> Iterator[Watched]:
    """Yield the tables to count changes of: those of the apps, and the project's ``FAST_LANE_WATCH``."""
    for model, ignored in _watched:
        found = model()
        names = tuple(
            field.column for field in found._meta.local_concrete_fields if field.column and field.name not in ignored
        )
        yield Watched(found, names if ignored else ())
    for label in core_settings.FAST_LANE_WATCH:
        yield Watched(apps.get_model(label))


def database_of_watched() -> str | None:
    """Return the alias of the one database that all watched tables are read from and written to, None if there is none such."""
    found: set[Any] = set()
    for row in watched():
        found |= {router.db_for_read(row.model), router.db_for_write(row.model)}
    return found.pop() if len(found) == 1 else None


def next_expiry(now: datetime) -> datetime | None:
    """Return the next moment after ``now`` at which an answer becomes another by itself."""
    return min((found for moment in _expiries if (found := moment(now)) is not None), default=None)


def forget_memos() -> None:
    """Forget what this process remembers of tables."""
    for memo in _memos:
        memo()

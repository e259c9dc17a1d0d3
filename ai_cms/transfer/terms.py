"""What importers know of an item beside its text: the terms it stands under, who wrote it, and which archives it was in.

Importers fill these in whatever is installed; an app whose pages have categories or authors makes rows of them in a hook
(:meth:`ai_cms.transfer.base.ImportHook.values`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["ImportedAuthor", "ImportedTerm", "OldArchive"]


@dataclass(frozen=True, slots=True)
class ImportedTerm:
    """A category, tag or series. ``kind``: "category", "tag" or "series". ``slug``: "" where the source has none."""

    kind: str
    name: str
    slug: str = ""
    description: str = ""
    parent: ImportedTerm | None = None

    def line(self) -> Iterator[ImportedTerm]:
        """Yield the terms above, the topmost first, and the term itself."""
        if self.parent is not None:
            yield from self.parent.line()
        yield self

    def to_json(self) -> list[Any]:
        parent = None if self.parent is None else self.parent.to_json()
        return [self.kind, self.name, self.slug, self.description, parent]

    @classmethod
    def from_json(cls, value: list[Any]) -> ImportedTerm:
        kind, name, slug, description, parent = value
        return cls(kind, name, slug, description, None if parent is None else cls.from_json(parent))


@dataclass(frozen=True, slots=True)
class ImportedAuthor:
    """Somebody who wrote an item. ``slug``: the name in the old site's addresses."""

    name: str
    email: str = ""
    slug: str = ""


@dataclass(frozen=True, slots=True)
class OldArchive:
    """An address at which the old site listed posts.

    ``kind``: "all", "category", "tag", "author", "year" or "month". ``value``: the slug or name of the term or author, "2024",
    "2024-03". ``feed``: "rss", "atom" or "json" for a feed of the list, "" for the list itself.
    """

    path: str
    kind: str
    value: str = ""
    feed: str = ""

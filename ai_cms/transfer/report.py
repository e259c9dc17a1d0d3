"""What an import did, in numbers, item by item, with its warnings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .base import Notice
from .shelf import MediaCount

__all__ = ["Action", "ImportReport", "ReportedItem", "counted"]

Action = Literal["created", "changed", "unchanged", "skipped"]


@dataclass(frozen=True, slots=True)
class ReportedItem:
    """One item: its key in the source and the page it is now (``path`` is empty when it was skipped and has none)."""

    key: str
    kind: str
    title: str
    path: str
    published: bool
    action: Action

    def to_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "type": self.kind,
            "title": self.title,
            "path": self.path,
            "published": self.published,
            "action": self.action,
        }


@dataclass(slots=True)
class ImportReport:
    """The outcome of one import; nothing was written when ``dry_run`` is set."""

    importer: str
    source: str
    parent: str
    dry_run: bool = False
    items: list[ReportedItem] = field(default_factory=list)
    warnings: list[Notice] = field(default_factory=list)
    redirects: int = 0
    #: What became of pictures and files, of importers that bring some.
    media: MediaCount | None = None

    def count(self, action: Action) -> int:
        """Return how many items (containers apart) ended with ``action``."""
        return sum(1 for item in self.items if item.action == action and item.kind != "container")

    def present(self, kind: str) -> list[ReportedItem]:
        """Return the items of a kind that are pages now."""
        return [item for item in self.items if item.kind == kind and item.path]

    def to_json(self, *, items: bool = True) -> dict[str, Any]:
        """Return the summary as commands print it with ``--json``."""
        pages, posts = self.present("page"), self.present("post")
        summary: dict[str, Any] = {
            "importer": self.importer,
            "source": self.source,
            "parent": self.parent,
            "dry_run": self.dry_run,
            "created": self.count("created"),
            "changed": self.count("changed"),
            "unchanged": self.count("unchanged"),
            "skipped": self.count("skipped"),
            "pages": len(pages),
            "posts": len(posts),
            # Pages that only hold others: for folders without a page, for the posts.
            "containers": len(self.present("container")),
            "published": sum(item.published for item in (*pages, *posts)),
            "drafts": sum(not item.published for item in (*pages, *posts)),
            "redirects": self.redirects,
        }
        if self.media is not None:
            summary["media"] = self.media.to_json()
        if items:
            summary["items"] = [item.to_json() for item in self.items]
        summary["warnings"] = list(self.warnings)
        return summary


def counted(count: int, noun: str) -> str:
    """Return "1 warning", "2 warnings"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

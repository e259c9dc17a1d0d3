"""The tables of assist: the library of what models are told of a site. Runs of writing tasks are those of the gateway."""

from __future__ import annotations

from .library import LibraryItem, LibraryKind, LibraryUse, LibraryVersion
from .writing_run import HANDLER, WritingRun

__all__ = ["HANDLER", "LibraryItem", "LibraryKind", "LibraryUse", "LibraryVersion", "WritingRun"]

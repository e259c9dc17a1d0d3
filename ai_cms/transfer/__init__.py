"""Content from elsewhere: WordPress exports, folders of Markdown, HTML files, and what a host project adds.

Importing this package registers nothing that needs the database; :func:`run_import` writes.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .base import Importer, ImportHook, ImportItem, ImportOptions, Notice, Notices, page_list
from .exceptions import ImportRefused
from .registry import importers
from .terms import ImportedAuthor, ImportedTerm, OldArchive

if TYPE_CHECKING:
    from .report import ImportReport
    from .runner import run_import

# What needs the models: this package is imported before they are ready.
_HOMES = {"ImportReport": "report", "run_import": "runner"}

__all__ = [
    "ImportHook",
    "ImportItem",
    "ImportOptions",
    "ImportRefused",
    "ImportReport",
    "ImportedAuthor",
    "ImportedTerm",
    "Importer",
    "Notice",
    "Notices",
    "OldArchive",
    "importers",
    "page_list",
    "run_import",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)

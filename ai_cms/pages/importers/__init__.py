"""Content from elsewhere: WordPress exports, folders of Markdown, HTML files, and what a host project adds.

Importing this package registers nothing that needs the database; :func:`run_import` writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .base import Importer, ImportHook, ImportItem, ImportOptions, Notice, Notices, page_list
from .exceptions import ImportRefused
from .registry import importers

if TYPE_CHECKING:
    from .report import ImportReport
    from .runner import run_import

__all__ = [
    "ImportHook",
    "ImportItem",
    "ImportOptions",
    "ImportRefused",
    "ImportReport",
    "Importer",
    "Notice",
    "Notices",
    "importers",
    "page_list",
    "run_import",
]


def __getattr__(name: str) -> Any:
    # cms_importers modules may be imported before the models are ready.
    if name == "run_import":
        from .runner import run_import

        return run_import
    if name == "ImportReport":
        from .report import ImportReport

        return ImportReport
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

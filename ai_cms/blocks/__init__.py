"""Typed blocks and documents made of them.

Everything public is importable from here and loaded when it is first used, so that ``import ai_cms.blocks`` is cheap
and needs no configured Django.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .base import Block, BlockMeta, BlockPart, ImageRef, InlineText, RequiredUrl, RichText, Text, Url
    from .diff import diff_documents
    from .document import Document
    from .exceptions import BlockError, InvalidDocument, InvalidOperation, RenderFailed
    from .fields import BlocksField
    from .merge import Merged, merge_documents
    from .operations import (
        Applied,
        InsertOperation,
        MoveOperation,
        Operation,
        RemoveOperation,
        UpdateOperation,
        apply_operations,
        parse_operations,
    )
    from .prepare import prepare_document
    from .provenance import make_provenance, provenance_summary
    from .references import references, resolve_reference
    from .registry import BlockRegistry, blocks
    from .rendering import RenderContext, render_blocks
    from .richtext import sanitize_html

_HOMES = {
    "base": ("Block", "BlockMeta", "BlockPart", "ImageRef", "InlineText", "RequiredUrl", "RichText", "Text", "Url"),
    "diff": ("diff_documents",),
    "document": ("Document",),
    "exceptions": ("BlockError", "InvalidDocument", "InvalidOperation", "RenderFailed"),
    "fields": ("BlocksField",),
    "merge": ("Merged", "merge_documents"),
    "operations": (
        "Applied",
        "InsertOperation",
        "MoveOperation",
        "Operation",
        "RemoveOperation",
        "UpdateOperation",
        "apply_operations",
        "parse_operations",
    ),
    "prepare": ("prepare_document",),
    "provenance": ("make_provenance", "provenance_summary"),
    "references": ("references", "resolve_reference"),
    "rendering": ("RenderContext", "render_blocks"),
    "registry": ("BlockRegistry", "blocks"),
    "richtext": ("sanitize_html",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Applied",
    "Block",
    "BlockError",
    "BlockMeta",
    "BlockPart",
    "BlockRegistry",
    "BlocksField",
    "Document",
    "ImageRef",
    "InlineText",
    "InsertOperation",
    "InvalidDocument",
    "InvalidOperation",
    "Merged",
    "MoveOperation",
    "Operation",
    "RemoveOperation",
    "RenderContext",
    "RenderFailed",
    "RequiredUrl",
    "RichText",
    "Text",
    "UpdateOperation",
    "Url",
    "apply_operations",
    "blocks",
    "diff_documents",
    "make_provenance",
    "merge_documents",
    "parse_operations",
    "prepare_document",
    "provenance_summary",
    "references",
    "render_blocks",
    "resolve_reference",
    "sanitize_html",
]


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

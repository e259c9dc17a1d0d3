"""Typed blocks and documents made of them.

Everything public is importable from here and loaded when it is first used, so that ``import ai_cms.blocks`` is cheap
and needs no configured Django.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .documents.diff import diff_documents
    from .documents.document import Document
    from .documents.merge import Merged, merge_documents
    from .documents.operation_types import (
        Applied,
        InsertOperation,
        MoveOperation,
        Operation,
        RemoveOperation,
        UpdateOperation,
    )
    from .documents.operations import apply_operations, parse_operations
    from .documents.prepare import prepare_document
    from .documents.provenance import make_provenance, provenance_summary
    from .exceptions import BlockError, InvalidDocument, InvalidOperation, RenderFailed
    from .fields import BlocksField
    from .html.references import references, resolve_reference
    from .html.richtext import sanitize_html
    from .rendering.render import render_blocks
    from .types.base import Block, BlockMeta, BlockPart, ImageRef, InlineText, RequiredUrl, RichText, Text, Url
    from .types.context import RenderContext
    from .types.registry import BlockRegistry, blocks

_HOMES = {
    "types.base": (
        "Block",
        "BlockMeta",
        "BlockPart",
        "ImageRef",
        "InlineText",
        "RequiredUrl",
        "RichText",
        "Text",
        "Url",
    ),
    "documents.diff": ("diff_documents",),
    "documents.document": ("Document",),
    "exceptions": ("BlockError", "InvalidDocument", "InvalidOperation", "RenderFailed"),
    "fields": ("BlocksField",),
    "documents.merge": ("Merged", "merge_documents"),
    "documents.operation_types": (
        "Applied",
        "InsertOperation",
        "MoveOperation",
        "Operation",
        "RemoveOperation",
        "UpdateOperation",
    ),
    "documents.operations": ("apply_operations", "parse_operations"),
    "documents.prepare": ("prepare_document",),
    "documents.provenance": ("make_provenance", "provenance_summary"),
    "html.references": ("references", "resolve_reference"),
    "rendering.render": ("render_blocks",),
    "types.context": ("RenderContext",),
    "types.registry": ("BlockRegistry", "blocks"),
    "html.richtext": ("sanitize_html",),
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

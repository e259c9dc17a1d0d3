"""The block that a list, a table, a quotation or code is, if a block can say it."""

from __future__ import annotations

from ...core.jsontypes import JsonObject
from ..html.markup import Element
from .html_parts import list_block, quote_block, table_block
from .html_text import code_block

__all__ = ["block_of"]


def block_of(element: Element, *, align: list[str], attribution: str, language: str) -> JsonObject | None:
    """Return the block of an element; ``None`` for one that has to stay rich text."""
    if element.name in ("ul", "ol"):
        return list_block(element)
    if element.name == "table":
        return table_block(element, align)
    if element.name == "blockquote":
        return quote_block(element, attribution)
    return code_block(element, language) if element.name == "pre" else None

"""What a document says, without its looks: plain text, headings, and the tree of its blocks."""

from __future__ import annotations

from ...core.jsontypes import JsonObject
from ..types.reading import block_heading, block_text
from ..types.registry import blocks
from .tree import BlockTree
from .upgrade import is_known

__all__ = ["document_headings", "document_outline", "document_text"]

#: How much of a block's text the outline shows, in characters.
OUTLINE_TEXT_LENGTH = 80


def document_text(document: BlockTree) -> str:
    """Return the plain text of all blocks, in reading order; unknown types have none."""
    return "\n".join(text for walked in document.walk() if (text := block_text(walked.block)))


def document_headings(document: BlockTree) -> list[tuple[int, str, str]]:
    """Return (level, plain text, block id) of each block that opens a part of the page."""
    found = []
    for walked in document.walk():
        heading = block_heading(walked.block)
        if heading is not None and heading[1]:
            found.append((heading[0], heading[1], str(walked.block.get("id", ""))))
    return found


def document_outline(document: BlockTree) -> list[JsonObject]:
    """Return the tree of blocks, each with its id, type, label and the beginning of its text."""
    return [_entry(block) for block in document.blocks if isinstance(block, dict)]


def _entry(block: JsonObject) -> JsonObject:
    block_type = str(block.get("type", ""))
    block_class = blocks.get(block_type)
    text = " ".join(block_text(block).split())
    if len(text) > OUTLINE_TEXT_LENGTH:
        text = text[: OUTLINE_TEXT_LENGTH - 1].rstrip() + "…"
    entry: JsonObject = {
        "id": str(block.get("id", "")),
        "type": block_type,
        "label": str(block_class.block_meta.label) if block_class else block_type,
        "text": text,
    }
    if not is_known(block):
        entry["known"] = False
    children = block.get("children")
    if isinstance(children, list) and children:
        entry["children"] = [_entry(child) for child in children if isinstance(child, dict)]
    return entry

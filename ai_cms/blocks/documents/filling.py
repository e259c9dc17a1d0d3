"""Blocks that show rows of other models: their values are put into props, so that a publication holds them finished.

An app registers a filler::

    document_fillers.register("shop", put_products_in)

which gets the blocks and the page they stand in, and returns the blocks with the values in them. It runs when a page is
published, and before a draft is shown; what it puts in is not part of the draft.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.registry import Registry

__all__ = ["document_fillers", "fill_blocks", "replace_props", "walk_blocks"]

#: Takes the blocks (those inside included) and the page; returns blocks, the same objects where nothing is to be put in.
document_fillers: Registry[Callable[[list[JsonObject], Any], list[JsonObject]]] = Registry("filler of documents")


def fill_blocks(siblings: list[JsonObject], page: object) -> list[JsonObject]:
    """Return blocks with what every filler puts into them."""
    for _name, filler in document_fillers.items():
        siblings = filler(siblings, page)
    return siblings


def walk_blocks(siblings: list[JsonObject]) -> Iterator[JsonObject]:
    """Yield blocks and those inside them, in reading order."""
    for block in siblings:
        if isinstance(block, dict):
            yield block
            children = block.get("children")
            if isinstance(children, list):
                yield from walk_blocks(children)


def replace_props(siblings: list[JsonObject], change: Callable[[JsonObject], JsonObject | None]) -> list[JsonObject]:
    """Return blocks with the props that ``change(block)`` returns for them; ``None`` leaves a block as it is."""
    made = []
    for block in siblings:
        if isinstance(block, dict):
            props = change(block)
            children = block.get("children")
            inner = replace_props(children, change) if isinstance(children, list) else children
            if props is not None:
                block = {**block, "props": props}
            if inner is not children:
                block = {**block, "children": inner}
        made.append(block)
    return made if any(new is not old for new, old in zip(made, siblings, strict=True)) else siblings

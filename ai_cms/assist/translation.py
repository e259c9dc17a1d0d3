"""Bring a translated document to the linked page of another language, which may have gone its own way since."""

from __future__ import annotations

from collections.abc import Mapping

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.types.registry import blocks

from ..core.jsontypes import JsonMapping, JsonObject

__all__ = ["carry_over"]

Texts = Mapping[str, JsonMapping]


def carry_over(source: Document, texts: Texts, linked: Document) -> list[JsonObject]:
    """Return the operations that bring ``source``, with the new props of ``texts`` by block id, to ``linked``.

    Blocks that both have are updated, those that only ``source`` has are inserted behind the neighbour they have there. What
    only ``linked`` has stays, and so does what is locked there.
    """
    places = {
        walked.block["id"]: (walked.block, walked.parent["id"] if walked.parent else None) for walked in linked.walk()
    }
    made: list[JsonObject] = []

    def visit(siblings: list[JsonObject], parent: str | None) -> None:
        before: str | None = None
        for block in siblings:
            key = block["id"]
            if key in places:
                present, above = places[key]
                made.extend(_update(present, texts.get(key)))
                visit(block.get("children") or [], key)
                before = key if above == parent else before
            elif block.get("type") in blocks:
                operation: JsonObject = {"op": "insert", "block": _translated(block, texts), "after": before}
                if parent is not None:
                    operation["parent"] = parent
                made.append(operation)
                before = key

    visit(source.blocks, None)
    return made


def _update(present: JsonMapping, props: JsonMapping | None) -> list[JsonObject]:
    locked = (present.get("meta") or {}).get("locked")
    old = present.get("props") or {}
    if not props or locked or all(old.get(name) == value for name, value in props.items()):
        return []
    return [{"op": "update", "id": present["id"], "props": dict(props)}]


def _translated(block: JsonMapping, texts: Texts) -> JsonObject:
    props = {**(block.get("props") or {}), **texts.get(block["id"], {})}
    found = {"id": block["id"], "type": block["type"], "props": props}
    children = [_translated(child, texts) for child in block.get("children") or [] if child.get("type") in blocks]
    return {**found, "children": children} if children else found

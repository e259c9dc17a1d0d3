"""Random edits of a document by two people who began with the same version."""

from __future__ import annotations

import random
from typing import Any

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.operations import apply_operations, parse_operations
from ai_cms.blocks.exceptions import InvalidOperation

__all__ = ["base_document", "edit", "parents_of", "texts_of"]


def base_document(rng: random.Random) -> list[dict[str, Any]]:
    """Return blocks: headings, some in sections, one of them locked now and then."""

    def heading(name: str) -> dict[str, Any]:
        return {"id": name, "type": "heading", "props": {"text": f"base {name}", "level": 2}}

    blocks = [heading(f"h{index}") for index in range(rng.randint(2, 4))]
    for index in range(rng.randint(1, 3)):
        inner = [heading(f"s{index}c{child}") for child in range(rng.randint(0, 3))]
        section = {"id": f"s{index}", "type": "section", "props": {"title": f"base s{index}"}, "children": inner}
        blocks.insert(rng.randint(0, len(blocks)), section)
    return blocks


def edit(rng: random.Random, document: Document, who: str) -> list[dict[str, Any]]:
    """Return one to four operations that ``document`` takes; what they type begins with ``who``."""
    for _attempt in range(50):
        operations = [_operation(rng, document, f"{who} {number}") for number in range(rng.randint(1, 4))]
        try:
            apply_operations(document, parse_operations(operations))
        except InvalidOperation:
            continue
        return operations
    return [{"op": "update", "id": document.blocks[0]["id"], "meta": {}}]


def _operation(rng: random.Random, document: Document, text: str) -> dict[str, Any]:
    blocks = {walked.block["id"]: walked.block for walked in document.walk()}
    sections = [name for name, block in blocks.items() if block["type"] == "section"]
    target = rng.choice(list(blocks))
    kind = rng.choice(["update", "update", "insert", "insert", "move", "move", "remove", "meta"])
    key = "title" if blocks[target]["type"] == "section" else "text"
    if kind == "update":
        return {"op": "update", "id": target, "props": {key: text}}
    if kind == "meta":
        return {"op": "update", "id": target, "meta": rng.choice([{}, {"locked": True}, {"placeholder": "Say it"}])}
    if kind == "remove":
        return {"op": "remove", "id": target}
    place: dict[str, Any] = {}
    siblings = [block["id"] for block in document.blocks]
    if sections and rng.random() < 0.5:
        place["parent"] = rng.choice(sections)
        siblings = [block["id"] for block in blocks[place["parent"]].get("children", [])]
    if siblings and rng.random() < 0.6:
        place[rng.choice(["after", "before"])] = rng.choice(siblings)
    elif rng.random() < 0.3:
        place["after"] = None
    if kind == "move":
        return {"op": "move", "id": target, **place}
    # Ids made by clients: the two may well choose the same one.
    block = {"id": f"new{rng.randint(0, 5)}", "type": "heading", "props": {"text": text, "level": 2}}
    return {"op": "insert", "block": block, **place}


def texts_of(document: Document, who: str) -> set[str]:
    """Return what ``who`` has typed of what stands in a document."""
    found = (walked.block["props"].get("text") or walked.block["props"].get("title") for walked in document.walk())
    return {text for text in found if text and text.startswith(who)}


def parents_of(document: Document) -> dict[str, str]:
    """Return the parent's id of each block, "" for the root."""
    found: dict[str, str] = {}
    todo: list[tuple[list[dict[str, Any]], str]] = [(document.blocks, "")]
    while todo:
        blocks, parent = todo.pop()
        for block in blocks:
            found[block["id"]] = parent
            todo.append((block.get("children") or [], block["id"]))
    return found

"""Decide whether operations made for an older version still fit: each block they touch must be as it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from ai_cms.blocks.documents.document import Document

__all__ = [
    "Positions",
    "fingerprint",
    "fingerprints",
    "inserted_ids",
    "operation_is_stale",
    "positions_of",
    "stale_targets",
]

#: Each block of a document with its parent's id, by id.
Positions = dict[str, tuple[dict[str, Any], str | None]]


def fingerprint(block: Mapping[str, Any] | None, *, deep: bool = False) -> str | None:
    """Return a digest of a block's type and properties, with ``deep`` of everything in it; ``None`` for no block.

    Provenance and the order among siblings do not count.
    """
    if block is None:
        return None
    essence = _essence(block, deep)
    return hashlib.sha256(json.dumps(essence, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


def _essence(block: Mapping[str, Any], deep: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"id": block.get("id"), "type": block.get("type"), "props": block.get("props")}
    if deep:
        found["children"] = [_essence(child, True) for child in block.get("children") or []]
    return found


def positions_of(document: Document) -> Positions:
    """Return each block with its parent's id, by id."""
    found: Positions = {}
    stack: list[tuple[list[dict[str, Any]], str | None]] = [(document.blocks, None)]
    while stack:
        siblings, parent = stack.pop()
        for block in siblings:
            found[block["id"]] = (block, parent)
            if block.get("children"):
                stack.append((block["children"], block["id"]))
    return found


def _as_dict(operation: Any) -> dict[str, Any]:
    if isinstance(operation, Mapping):
        return dict(operation)
    dumped: dict[str, Any] = operation.to_json()
    return dumped


def fingerprints(operations: Iterable[Any], document: Document) -> dict[str, str]:
    """Return the digests a proposal keeps: what each existing block its operations touch was like."""
    found: dict[str, str] = {}
    positions = positions_of(document)
    for operation in map(_as_dict, operations):
        target = operation.get("id")
        if operation["op"] == "insert" or target not in positions:
            continue
        block, parent = positions[target]
        # A removal is of everything in the block, a move is from a certain place, an update of the properties alone.
        found[f"{operation['op']}:{target}"] = _mark(operation["op"], block, parent)
    return found


def _mark(op: str, block: dict[str, Any], parent: str | None) -> str:
    if op == "move":
        return f"in:{parent or ''}"
    return fingerprint(block, deep=op == "remove") or ""


def operation_is_stale(operation: Any, marks: Mapping[str, str], positions: Positions, made: set[str]) -> bool:
    """Say whether one operation no longer fits.

    ``marks``: from :func:`fingerprints`. ``positions``: of the current document. ``made``: ids of blocks that operations
    before it bring in.
    """
    data = _as_dict(operation)
    if data["op"] == "insert":
        anchors = [data.get("parent"), data.get("after"), data.get("before")]
        return any(anchor and anchor not in positions and anchor not in made for anchor in anchors)
    target = data.get("id")
    if target in made:
        return False
    if target not in positions:
        return True
    block, parent = positions[target]
    mark = marks.get(f"{data['op']}:{target}")
    return mark is not None and mark != _mark(data["op"], block, parent)


def stale_targets(operations: Iterable[Any], base: Document, current: Document) -> bool:
    """Say whether any block that the batch touches has changed from ``base`` to ``current``."""
    batch = list(operations)
    marks = fingerprints(batch, base)
    positions = positions_of(current)
    made: set[str] = set()
    for operation in batch:
        if operation_is_stale(operation, marks, positions, made):
            return True
        made.update(inserted_ids(operation))
    return False


def inserted_ids(operation: Any) -> set[str]:
    """Return the ids of the blocks that an insert brings in."""
    data = _as_dict(operation)
    return _ids(data.get("block")) if data["op"] == "insert" else set()


def _ids(block: Any) -> set[str]:
    if not isinstance(block, Mapping):
        return set()
    found = {str(block["id"])} if block.get("id") else set()
    for child in block.get("children") or []:
        found |= _ids(child)
    return found

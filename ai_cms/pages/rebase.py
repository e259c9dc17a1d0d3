"""Decide whether operations made for an older version still fit, and apply those that do.

An operation fits where what it touches is as it was: the props of an updated block (its locks and hints where the operation
sets them), the place of a moved one, everything in a removed one and its place. What the rules of documents refuse besides
(a lock, a circle, an id in use, a neighbour elsewhere, a limit) is found out by applying.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ai_cms.blocks.documents.diff import on_every_longest
from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.operations import apply_operations, parse_operations
from ai_cms.blocks.exceptions import InvalidOperation

from ..core.jsontypes import JsonMapping, JsonObject

__all__ = ["Fitting", "apply_fitting", "fingerprints", "stale_targets"]

#: Refusals that are about who applies, not about what was changed since.
_RIGHTS = frozenset({"type_permission", "type_disabled"})


class Layout:
    """Where each block of a document stands."""

    def __init__(self, document: Document) -> None:
        #: Each block with its parent's id ("" for the root), by id.
        self.blocks: dict[str, tuple[JsonObject, str]] = {}
        #: The ids of the children, by the parent's id.
        self.order: dict[str, list[str]] = {}
        stack: list[tuple[list[JsonObject], str]] = [(document.blocks, "")]
        while stack:
            siblings, parent = stack.pop()
            self.order[parent] = [block["id"] for block in siblings]
            for block in siblings:
                self.blocks[block["id"]] = (block, parent)
                if block.get("children"):
                    stack.append((block["children"], block["id"]))
        self._firm: dict[str, set[str]] = {}

    def stands_firm(self, block_id: str, parent: str, before: Sequence[str]) -> bool:
        """Return whether the block kept its place among the siblings that were there ``before``, whoever joined or left."""
        if parent not in self._firm:
            now = {name: index for index, name in enumerate(self.order.get(parent, ()))}
            common = [name for name in before if name in now]
            self._firm[parent] = {common[index] for index in on_every_longest([now[name] for name in common])}
        return block_id in self._firm[parent]


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


def _essence(block: JsonMapping, deep: bool) -> JsonObject:
    """Return what counts of a block: neither provenance nor the order among its siblings.

    ``deep``: with what is inside it, and with hints, which are typed too and go with a block that is removed.
    """
    found: JsonObject = {"id": block.get("id"), "type": block.get("type"), "props": block.get("props")}
    if deep:
        if hints := _hints(block):
            found["hints"] = hints
        found["children"] = [_essence(child, True) for child in block.get("children") or []]
    return found


def _hints(block: JsonMapping) -> JsonObject:
    return {key: value for key, value in (block.get("meta") or {}).items() if key != "provenance"}


def _as_dict(operation: Any) -> JsonObject:
    if isinstance(operation, Mapping):
        return dict(operation)
    dumped: JsonObject = operation.to_json()
    return dumped


def fingerprints(operations: Iterable[object], document: Document) -> JsonObject:
    """Return the marks by which it is found out later whether the operations still fit ``document``; they are plain JSON."""
    layout = Layout(document)
    found: JsonObject = {}
    batch = [_as_dict(operation) for operation in operations]
    # What is moved into a section that goes afterwards goes with it.
    removes = any(operation["op"] == "remove" for operation in batch)
    for operation in batch:
        target, op = operation.get("id"), operation["op"]
        if op == "insert" or target not in layout.blocks:
            continue
        block, parent = layout.blocks[target]
        if op == "update":
            found[f"props:{target}"] = _digest(_essence(block, False))
            if "meta" in operation:
                found[f"meta:{target}"] = _digest(_hints(block))
            continue
        found[f"in:{target}"] = parent
        found[f"order:{parent}"] = layout.order[parent]
        if removes:
            found[f"all:{target}"] = _digest(_essence(block, True))
    return found


def _is_stale(operation: JsonMapping, marks: JsonMapping, layout: Layout, made: Container[str]) -> bool:
    """Return whether what an operation touches is no longer as ``marks`` say, or gone; ``made``: ids made by the batch."""
    op, target = operation["op"], operation.get("id")
    if op in ("insert", "move"):
        anchors = [operation.get("parent"), operation.get("after"), operation.get("before")]
        if any(anchor and anchor not in layout.blocks and anchor not in made for anchor in anchors):
            return True
    if op == "insert" or target in made:
        return False
    if target not in layout.blocks:
        return True
    block, parent = layout.blocks[target]

    def differs(mark: str, value: object) -> bool:
        return mark in marks and marks[mark] != value

    if op == "update":
        return differs(f"props:{target}", _digest(_essence(block, False))) or (
            "meta" in operation and differs(f"meta:{target}", _digest(_hints(block)))
        )
    if differs(f"in:{target}", parent):
        return True
    order = marks.get(f"order:{parent}")
    if f"in:{target}" in marks and order is not None and not layout.stands_firm(target, parent, order):
        return True
    return differs(f"all:{target}", _digest(_essence(block, True)))


def stale_targets(operations: Iterable[object], base: Document, current: Document) -> bool:
    """Return whether anything that the batch touches has changed from ``base`` to ``current``."""
    batch = [_as_dict(operation) for operation in operations]
    marks = fingerprints(batch, base)
    layout = Layout(current)
    made: set[str] = set()
    for operation in batch:
        if _is_stale(operation, marks, layout, made):
            return True
        made |= _inserted(operation)
    return False


def _inserted(operation: JsonMapping) -> set[str]:
    """Return the ids of the blocks that an insert brings in."""
    found: set[str] = set()
    todo = [operation.get("block")] if operation["op"] == "insert" else []
    while todo:
        block = todo.pop()
        if isinstance(block, Mapping):
            if block.get("id"):
                found.add(str(block["id"]))
            todo.extend(block.get("children") or [])
    return found


@dataclass
class Fitting:
    """What became of a batch: the document, the operations as applied, and for each one given "accepted", "rejected"
    (not wanted) or "stale". ``without_room``: the indexes of those that are over a limit of the document."""

    document: Document
    operations: list[Any] = field(default_factory=list)
    decisions: list[str] = field(default_factory=list)
    without_room: set[int] = field(default_factory=set)


def apply_fitting(
    document: Document,
    operations: Sequence[object],
    marks: JsonMapping,
    *,
    wanted: Container[int] | None = None,
    **options: object,
) -> Fitting:
    """Apply those operations that still fit ``document``; what does not is left out.

    ``marks``: from :func:`fingerprints`. ``wanted``: the indexes of the chosen operations, ``None`` for all. ``options``: as
    for ``apply_operations``. A new or moved block whose neighbour is gone comes last in its parent. Raises InvalidOperation
    for blocks that the actor may not write.
    """
    layout = Layout(document)
    made: set[str] = set()
    # Blocks that the batch would have brought, and that were left out: what is there under such an id is somebody else's.
    skipped: set[str] = set()
    result = Fitting(document, decisions=["rejected"] * len(operations))
    chosen: list[tuple[int, JsonObject]] = []
    for index, operation in enumerate(map(_as_dict, operations)):
        if wanted is not None and index not in wanted:
            skipped |= _inserted(operation)
            continue
        if operation.get("after") in skipped or operation.get("before") in skipped:
            operation = _placed_last(operation)
        if _is_about(operation, skipped) or _is_stale(operation, marks, layout, made):
            result.decisions[index] = "stale"
            skipped |= _inserted(operation)
            continue
        made |= _inserted(operation)
        skipped -= made
        chosen.append((index, operation))
    _apply(chosen, result, options)
    return result


def _is_about(operation: JsonMapping, ids: Container[str]) -> bool:
    """Return whether an operation changes one of the blocks, or puts something inside it."""
    return (operation["op"] != "insert" and operation.get("id") in ids) or operation.get("parent") in ids


def _leave_out(
    chosen: Sequence[tuple[int, JsonObject]], gone: set[str], result: Fitting
) -> list[tuple[int, JsonObject]]:
    """Return the operations that need none of the blocks that an insert did not bring; the others are stale."""
    kept = []
    for index, operation in chosen:
        if _is_about(operation, gone):
            result.decisions[index] = "stale"
            gone |= _inserted(operation)
        else:
            gone -= _inserted(operation)
            kept.append((index, operation))
    return kept


def _placed_last(operation: JsonMapping) -> JsonObject:
    return {key: value for key, value in operation.items() if key not in ("after", "before")}


def _apply(chosen: Sequence[tuple[int, JsonObject]], result: Fitting, options: Mapping[str, object]) -> None:
    """Apply operations to ``result``, leaving out each that the document refuses."""
    rest = list(chosen)
    while rest:
        try:
            _apply_all(rest, result, options)
            return
        except InvalidOperation as error:
            if any(problem.type in _RIGHTS for problem in error.block_errors):
                raise
            place = error.block_errors[0].loc[:1]
            if not place and len(rest) > 1:
                # A limit of the whole document: as much as there is room for.
                half = len(rest) // 2
                _apply(rest[:half], result, options)
                rest = rest[half:]
                continue
            at = int(place[0]) if place else 0
        _apply_all(rest[:at], result, options)
        index, operation = rest[at]
        rest = rest[at + 1 :]
        if {"after", "before"} & operation.keys():
            rest.insert(0, (index, _placed_last(operation)))
        else:
            result.decisions[index] = "stale"
            if not place:
                result.without_room.add(index)
            rest = _leave_out(rest, _inserted(operation), result)


def _apply_all(chosen: Sequence[tuple[int, JsonObject]], result: Fitting, options: Mapping[str, Any]) -> None:
    """Apply operations to ``result``, all of them. Raises InvalidOperation."""
    if not chosen:
        return
    applied = apply_operations(result.document, parse_operations([one for _index, one in chosen]), **options)
    result.document = applied.document
    result.operations += applied.operations
    for index, _one in chosen:
        result.decisions[index] = "accepted"

"""Take one edit out of a document, or of fields, and leave what was changed since: three-way, the edit turned round against
what is there now, where what is there now wins."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.merge import merge_documents
from ai_cms.blocks.documents.structure import limit_errors, structure_errors
from ai_cms.blocks.documents.tree import same_json
from ai_cms.core.jsontypes import JsonMapping, JsonObject

__all__ = ["Without", "values_without", "without_edit"]

_MISSING: Any = object()


@dataclass(frozen=True)
class Without:
    """A document without an edit. ``kept``: ids of the blocks where something of the edit had to stay, because people have
    worked on them since. ``broken``: taking it out would leave no valid document, so all of it stays."""

    document: Document
    kept: list[str] = field(default_factory=list)
    broken: bool = False


def without_edit(
    current: Document, after: Document, before: Document, *, allowed: Iterable[str] | None = None
) -> Without:
    """Return ``current`` without the edit that made ``after`` of ``before``."""
    merged = merge_documents(after, before, current)
    document, kept = merged.document, list(merged.conflicts)
    if kept:
        document, kept = _by_props(document, kept, after, before, current)
    if same_json(document.blocks, current.blocks):
        return Without(current, kept)
    wrong = [*structure_errors(document, allowed), *limit_errors(document, current)]
    if len(wrong) > len(structure_errors(current, allowed)):
        return Without(current, sorted(after.ids() ^ before.ids()), broken=True)
    return Without(document, kept)


def _by_props(
    merged: Document, conflicts: list[str], after: Document, before: Document, current: Document
) -> tuple[Document, list[str]]:
    """Look at the properties one by one where both sides changed a block: those that nobody touched since go back."""
    sides = [document.index() for document in (after, before, current)]
    (new, new_parents), (old, old_parents), (now, now_parents) = sides
    put: dict[str, JsonObject] = {}
    kept = []
    for block_id in conflicts:
        if not (block_id in new and block_id in old and block_id in now):
            kept.append(block_id)
            continue
        a, b, c = new[block_id], old[block_id], now[block_id]
        if a.get("type") != b.get("type") or a.get("v") != b.get("v") or not same_json(_hints(a), _hints(c)):
            kept.append(block_id)
            continue
        props, left = _turned(a.get("props") or {}, b.get("props") or {}, c.get("props") or {})
        fits = not left
        if not same_json(props, c.get("props") or {}):
            if _problems({**c, "props": props}) > _problems(c):
                fits = False
            else:
                put[block_id] = props
        if not (fits and new_parents[block_id] == old_parents[block_id] == now_parents[block_id]):
            kept.append(block_id)
    if put:
        merged = Document([_with_props(block, put) for block in merged.blocks])
    return merged, kept


def _turned(after: JsonMapping, before: JsonMapping, current: JsonMapping) -> tuple[JsonObject, list[str]]:
    """Return the current values with those of ``before`` where the edit's own are still there, and the names of the rest."""
    found = dict(current)
    left = []
    for name in {*after, *before}:
        new, old, now = (side.get(name, _MISSING) for side in (after, before, current))
        if _same(new, old):
            continue
        if not _same(now, new):
            if not _same(now, old):
                left.append(name)
        elif old is _MISSING:
            found.pop(name, None)
        else:
            found[name] = old
    return found, sorted(left)


def _same(one: Any, other: Any) -> bool:
    return one is other if one is _MISSING or other is _MISSING else same_json(one, other)


def _hints(block: JsonMapping) -> JsonObject:
    return {key: value for key, value in (block.get("meta") or {}).items() if key != "provenance"}


def _problems(block: JsonMapping) -> int:
    alone = {key: value for key, value in block.items() if key != "children"}
    return len(Document([alone]).validate(strict=False))


def _with_props(block: JsonObject, put: Mapping[str, JsonObject]) -> JsonObject:
    changed = dict(block)
    if block["id"] in put:
        changed["props"] = put[block["id"]]
    if "children" in block:
        changed["children"] = [_with_props(child, put) for child in block["children"]]
    return changed


def values_without(
    current: JsonMapping, after: JsonMapping, before: JsonMapping, documents: Collection[str] = ()
) -> tuple[JsonObject, list[str]]:
    """Return the fields to be set so that an edit is gone from them, and the names of those where people wrote since.

    ``documents``: the fields that hold one, which are looked at block by block; objects are looked at key by key.
    """
    found: JsonObject = {}
    kept = []
    for name in sorted({*after, *before} & {*current}):
        new, old, now = after.get(name), before.get(name), current[name]
        if same_json(new, old):
            continue
        if name in documents:
            part = without_edit(Document(now or []), Document(new or []), Document(old or []))
            value: Any = part.document.to_json()
            left = bool(part.kept) or part.broken
        elif all(isinstance(side, dict) for side in (new, old, now)):
            value, names = _turned(new, old, now)  # type: ignore[arg-type]
            left = bool(names)
        else:
            value = old if same_json(now, new) else now
            left = not same_json(now, new) and not same_json(now, old)
        if left:
            kept.append(name)
        if not same_json(value, now):
            found[name] = value
    return found, kept

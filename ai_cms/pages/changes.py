"""What operations do to a document, block by block, for people to read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from django.core.serializers.json import DjangoJSONEncoder

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.operations import apply_operations, parse_operations
from ai_cms.blocks.exceptions import InvalidDocument, InvalidOperation

from ..core.jsontypes import JsonMapping, JsonObject

__all__ = ["block_changes", "changes_digest", "field_changes", "text_difference"]

#: Longer texts are shown as one replaced by the other: comparing takes time with the square of their length.
MAX_WORDS = 1_000
#: Words compared in one answer; what comes after is shown as replaced.
BUDGET = 20_000


def text_difference(before: str, after: str, *, limit: int = MAX_WORDS) -> list[list[str]]:
    """Return the text as pairs of "equal", "insert" or "delete" and the words.

    ``limit``: with more words than this on a side the whole text counts as replaced.
    """
    if before == after:
        return [["equal", before]] if before else []
    # Each word with the space behind it: spaces by themselves would match everywhere.
    old, new = (re.findall(r"\S+\s*|\s+", text) for text in (before, after))
    if not old or not new or max(len(old), len(new)) > limit:
        return [pair for pair in (["delete", before], ["insert", after]) if pair[1]]
    found: list[list[str]] = []
    for tag, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(["equal", "".join(old[start:end])])
            continue
        if end > start:
            found.append(["delete", "".join(old[start:end])])
        if new_end > new_start:
            found.append(["insert", "".join(new[new_start:new_end])])
    return found


def block_changes(document: Document, operations: Sequence[JsonMapping]) -> list[JsonObject]:
    """Return a change for each operation: its block before and after the batch, and the block's text word by word.

    Where the batch as a whole fits no longer, each operation shows what it wants to do.
    """
    final: Document | None
    try:
        final = apply_operations(document, parse_operations(list(operations), trusted=True), allow_locked=True).document
    except (InvalidOperation, InvalidDocument):
        final = None
    found = []
    budget = BUDGET
    for operation in operations:
        op = str(operation.get("op"))
        block = operation["block"] if op == "insert" else None
        block_id = str(block.get("id", "") if block is not None else operation.get("id", ""))
        before = None if op == "insert" else document.find(block_id)
        after = None
        if op != "remove":
            after = (final.find(block_id) if final is not None else None) or block or _wanted(before, operation)
        old_text, new_text = _text(before), _text(after)
        budget -= (len(old_text) + len(new_text)) // 6
        found.append(
            {
                "op": op,
                "block": block_id,
                "type": str((after or before or {}).get("type", "")),
                "before": before,
                "after": after,
                "text": text_difference(old_text, new_text, limit=MAX_WORDS if budget > 0 else 0),
            }
        )
    return found


def changes_digest(changes: Sequence[JsonMapping], fields: Sequence[JsonMapping] = ()) -> str:
    """Return a digest of changes as they are shown: of :func:`block_changes`, and of fields as {"name", "before", "after"}.

    It says later what a person has seen who decided.
    """
    keys = ("op", "block", "type", "before", "after", "text")
    rows = [
        [[change.get(key) for key in keys] for change in changes],
        [[change[key] for key in ("name", "before", "after")] for change in fields],
    ]
    return hashlib.sha256(json.dumps(rows, sort_keys=True, cls=DjangoJSONEncoder).encode()).hexdigest()


def _wanted(block: JsonObject | None, operation: JsonMapping) -> JsonObject | None:
    if block is None or operation.get("op") != "update":
        return block
    props = operation.get("props") or {}
    return {**block, "props": dict(props) if operation.get("replace") else {**(block.get("props") or {}), **props}}


def _text(block: JsonMapping | None) -> str:
    return "" if block is None else Document([dict(block)]).text()


def field_changes(before: JsonMapping, after: JsonMapping) -> dict[str, JsonObject]:
    """Return the fields whose values differ, with both values."""
    return {
        name: {"before": before.get(name), "after": after.get(name)}
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }

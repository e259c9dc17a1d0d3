"""What refused operations say, kept in a document though the version they were made for is gone."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ai_cms.blocks.documents.document import Document, new_block_id
from ai_cms.blocks.documents.operations import apply_operations, parse_operations
from ai_cms.blocks.exceptions import InvalidOperation

from ...core.jsontypes import JsonMapping, JsonObject
from ..models import AbstractPage, Revision
from ..rebase import apply_fitting

__all__ = ["salvaged"]


def salvaged(page: AbstractPage, operations: Sequence[Any], options: Mapping[str, Any]) -> Document:
    """Return the page's present document with everything in it that the operations type.

    What fits is applied, locks or not. Blocks that are gone come back last if an older revision has them; a new block whose
    place is gone comes last too. Of what even so cannot be put anywhere the words come last, as text.
    ``options``: as for ``apply_operations``.
    """
    freely = {**options, "allow_locked": True, "allowed": None}
    document: Document = page.content_json
    for block in _gone_blocks(page, operations, document):
        document = apply_fitting(document, [{"op": "insert", "block": block}], {}, **freely).document
    fitting = apply_fitting(document, operations, {}, **freely)
    document = fitting.document
    for operation, decision in zip(operations, fitting.decisions, strict=True):
        if decision == "accepted":
            continue
        if operation.op == "insert":
            document = _put_last(document, operation.block, freely)
        elif operation.op == "update":
            document = _write_last(document, [operation.props or {}, operation.meta or {}])
    return document


def _gone_blocks(page: AbstractPage, operations: Sequence[Any], document: Document) -> list[JsonObject]:
    """Return the blocks that are to be updated and are not there any more, without children, from the newest revision."""
    gone = {
        operation.id for operation in operations if operation.op == "update" and document.find(operation.id) is None
    }
    found: list[JsonObject] = []
    rows = Revision.objects.filter(page_id=page.pk).order_by("-number")
    for row in rows.iterator(chunk_size=10) if gone else ():
        for block_id in sorted(gone):
            block = row.content_json.find(block_id)
            if block is not None:
                gone.discard(block_id)
                found.append({key: value for key, value in block.items() if key != "children"})
        if not gone:
            break
    return found


def _put_last(document: Document, block: JsonMapping, options: Mapping[str, Any]) -> Document:
    """Return ``document`` with a block at its end; what is in it stands alone where it may not, and its words if need be."""
    # An id that is in use, or that is no id, is made anew.
    for candidate in (dict(block), _without_ids(block)):
        try:
            insert = parse_operations([{"op": "insert", "block": candidate}])
            return apply_operations(document, insert, **options).document
        except InvalidOperation:
            continue
    document = _write_last(document, [block.get("props") or {}, block.get("meta") or {}])
    for child in block.get("children") or []:
        document = _put_last(document, child, options)
    return document


def _without_ids(block: JsonMapping) -> JsonObject:
    made = {key: value for key, value in block.items() if key != "id"}
    if block.get("children"):
        made["children"] = [_without_ids(child) for child in block["children"]]
    return made


def _write_last(document: Document, values: Sequence[object]) -> Document:
    """Return ``document`` with the texts in ``values`` at its end, a paragraph each."""
    paragraphs = "".join(f"<p>{html.escape(text)}</p>" for text in _texts(values) if text.strip())
    if not paragraphs:
        return document
    # Past the limits of documents as well: nobody but who restores it is asked to edit this one.
    block = {"id": new_block_id("rich_text"), "type": "rich_text", "v": 1, "props": {"html": paragraphs}}
    return Document([*document.blocks, block])


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)

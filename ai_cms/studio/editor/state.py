"""The draft as the editor holds it, and the errors in it by block."""

from __future__ import annotations

from typing import Any

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.exceptions import BlockError
from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages.models import AbstractPage, Revision
from ai_cms.pages.snapshots import document_problems

__all__ = ["draft_state", "errors_by_block", "status_of"]


def status_of(page: AbstractPage) -> JsonObject:
    """Return what the editor shows of a page's state."""
    return {
        "status": str(page.state),
        "label": str(page.state.label),
        "live": page.live,
        "changed": page.has_unpublished_changes,
        "url": page.get_absolute_url(),
        "path": page.path,
        "go_live_at": None if page.go_live_at is None else page.go_live_at.isoformat(),
        "expire_at": None if page.expire_at is None else page.expire_at.isoformat(),
    }


def draft_state(page: AbstractPage) -> JsonObject:
    """Return the draft: version, document, fields, status, and errors that a publication would refuse."""
    document: Document = page.content_json
    return {
        "version": page.version,
        "content": document.to_json(),
        "status": status_of(page),
        "errors": errors_by_block(document, document_problems(page).get("content_json", [])),
        "by": last_writer(page),
    }


def last_writer(page: AbstractPage) -> str:
    """Return who wrote the draft's last revision; "" if nobody is known."""
    row = Revision.objects.filter(page_id=page.pk, number=page.latest_revision).select_related("author").first()
    if row is None:
        return ""
    return row.agent or (row.author.get_full_name() or row.author.get_username() if row.author else "")


def errors_by_block(document: Document, errors: list[BlockError]) -> JsonObject:
    """Return errors by the id of their block; ``loc`` is the path inside its props."""
    found: dict[str, list[JsonObject]] = {}
    for error in errors:
        block_id, rest = _block_at(document, error.loc)
        found.setdefault(block_id, []).append({"loc": rest, "type": error.type, "msg": str(error.msg)})
    return found


def _block_at(document: Document, loc: list[str]) -> tuple[str, list[str]]:
    """Return the id of the innermost block on a path, and the path from there; "" for the page itself."""
    siblings: Any = document.blocks
    block_id, rest = "", list(loc)
    while rest and isinstance(siblings, list) and rest[0].isdecimal() and int(rest[0]) < len(siblings):
        block = siblings[int(rest[0])]
        block_id, rest = str(block.get("id", "")), rest[1:]
        if not rest or rest[0] != "children":
            break
        siblings, rest = block.get("children"), rest[1:]
    return block_id, rest[1:] if rest[:1] == ["props"] else rest

"""Keep the element rows in step with the working document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ai_cms.blocks.documents.document import Document
from ai_cms.core.bulk import insert_rows

from .models import AbstractPage, Element

__all__ = ["element_rows", "sync_elements"]

_FIELDS = ("parent_uid", "type", "props", "order", "depth")


def element_rows(document: Document) -> Iterator[dict[str, Any]]:
    """Yield the columns of one element for each block, parents first."""
    stack: list[tuple[list[dict[str, Any]], str, int]] = [(document.blocks, "", 0)]
    while stack:
        siblings, parent, depth = stack.pop()
        for order, block in enumerate(siblings):
            yield {
                "uid": block["id"],
                "parent_uid": parent,
                "type": str(block.get("type", ""))[:64],
                "props": block.get("props") or {},
                "order": order,
                "depth": depth,
            }
            if block.get("children"):
                stack.append((block["children"], block["id"], depth + 1))


def sync_elements(page: AbstractPage, before: Document, after: Document) -> None:
    """Write what changed from ``before`` to ``after``: at most one DELETE and one upsert."""
    old = {row["uid"]: row for row in element_rows(before)}
    new = {row["uid"]: row for row in element_rows(after)}
    gone = old.keys() - new.keys()
    if gone:
        # Removing most of a document names fewer rows by what stays.
        rows = Element.objects.filter(page_id=page.pk)
        (rows.filter(uid__in=gone) if len(gone) <= len(new) or new else rows).delete()
    changed = [Element(page_id=page.pk, **row) for uid, row in new.items() if old.get(uid) != row]
    if changed and not old:
        insert_rows(Element, changed, batch_size=1000, keys=False)
    elif changed:
        Element.objects.bulk_create(
            changed, batch_size=500, update_conflicts=True, unique_fields=["page", "uid"], update_fields=_FIELDS
        )

"""Keep the element rows, and those of the pictures and files they name, in step with the working document."""

from __future__ import annotations

from collections.abc import Iterator

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.pictures import is_reference, references_in
from ai_cms.core.bulk import insert_rows
from ai_cms.core.mappings import Columns

from ..core.jsontypes import JsonObject
from .models import AbstractPage, Element, ElementReference

__all__ = ["element_rows", "page_references", "reference_rows", "sync_elements", "sync_page_picture"]

_LONGEST = 120
_FIELDS = ("parent_uid", "type", "props", "order", "depth")


def element_rows(document: Document) -> Iterator[Columns]:
    """Yield the columns of one element for each block, parents first."""
    stack: list[tuple[list[JsonObject], str, int]] = [(document.blocks, "", 0)]
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


def page_references(metadata: object) -> set[str]:
    """Return what a page itself names, apart from its blocks: its picture."""
    image = metadata.get("image") if isinstance(metadata, dict) else None
    return {image} if is_reference(image) else set()


def reference_rows(page: AbstractPage) -> Iterator[ElementReference]:
    """Yield the unsaved rows of what a page and its blocks name; for pages that have none yet."""
    for reference in sorted(page_references(page.metadata)):
        yield ElementReference(page_id=page.pk, uid="", reference=reference[:_LONGEST])
    for row in element_rows(page.content_json):
        yield from _references(page, row)


def sync_page_picture(page: AbstractPage) -> None:
    """Write down what the page itself names, after its metadata changed."""
    wanted = page_references(page.metadata)
    rows = ElementReference.objects.filter(page_id=page.pk, uid="")
    known = set(rows.values_list("reference", flat=True))
    if known - wanted:
        rows.filter(reference__in=known - wanted).delete()
    for reference in wanted - known:
        ElementReference.objects.create(page_id=page.pk, uid="", reference=reference[:_LONGEST])


def _references(page: AbstractPage, row: Columns) -> Iterator[ElementReference]:
    for reference in sorted(references_in([{"type": row["type"], "props": row["props"]}])):
        yield ElementReference(page_id=page.pk, uid=row["uid"], reference=reference[:_LONGEST])


def _sync_references(page: AbstractPage, old: JsonObject, new: JsonObject) -> None:
    """Write what the blocks that changed name, and what they no longer do; blocks that name nothing cost nothing."""
    before = {
        (ref.uid, ref.reference) for uid, row in old.items() if new.get(uid) != row for ref in _references(page, row)
    }
    after = {
        (ref.uid, ref.reference): ref
        for uid, row in new.items()
        if old.get(uid) != row
        for ref in _references(page, row)
    }
    gone = before - after.keys()
    if gone:
        # All of a block that lost one: its others are written again.
        uids = {uid for uid, _reference in gone}
        ElementReference.objects.filter(page_id=page.pk, uid__in=uids).delete()
        before = {pair for pair in before if pair[0] not in uids}
    rows = [ref for pair, ref in after.items() if pair not in before]
    if rows:
        ElementReference.objects.bulk_create(rows, batch_size=500, ignore_conflicts=True)


def sync_elements(page: AbstractPage, before: Document, after: Document) -> None:
    """Write what changed from ``before`` to ``after``: at most one DELETE and one upsert, and as many for pictures and files."""
    old = {row["uid"]: row for row in element_rows(before)}
    new = {row["uid"]: row for row in element_rows(after)}
    _sync_references(page, old, new)
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

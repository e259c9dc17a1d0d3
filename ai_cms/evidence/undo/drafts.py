"""Take edits out of drafts: for each page all of them, the newest first, as one revision."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.tree import same_json
from ai_cms.core.permissions import Actor, policy_for
from ai_cms.pages.models import AbstractPage, Revision, RevisionKind
from ai_cms.pages.revisions import document_at
from ai_cms.pages.services.drafts import save_draft
from ai_cms.pages.services.locks import locked_page
from ai_cms.pages.snapshots import apply_snapshot, take_snapshot, type_documents

from .contents import values_without, without_edit
from .outcome import Item

__all__ = ["revert_draft"]

#: Revisions that are read at once; each has a whole document.
BATCH = 40


class _Versions:
    """The documents and fields of a page's versions, read as they are needed, from the newest to the oldest."""

    def __init__(self, page_id: int, wanted: Iterable[int]) -> None:
        self._page_id = page_id
        self._todo = sorted(set(wanted), reverse=True)
        self._rows: dict[int, Revision | None] = {}

    def get(self, version: int) -> Revision | None:
        """Return the revision of a version; ``None`` where it was pruned."""
        if version not in self._rows:
            batch = [one for one in self._todo if one <= version][:BATCH]
            rows = Revision.objects.filter(page_id=self._page_id, version__in=batch)
            found = {row.version: row for row in rows.exclude(kind=RevisionKind.CONFLICT).order_by("number")}
            # Older ones alone are asked for from now on.
            self._rows = {one: found.get(one) for one in batch} | {version: found.get(version)}
        return self._rows[version]

    def document(self, version: int) -> Document | None:
        """Return the document of a version, also of one that an autosave has overwritten since."""
        row = self.get(version)
        if row is not None:
            document: Document = row.content_json
            return document
        return document_at(self._page_id, version)


def revert_draft(page: AbstractPage, items: Sequence[Item], *, actor: Actor, message: str) -> AbstractPage | None:
    """Take the edits of ``items`` (the newest first) out of a page's draft; what becomes of each is written into it.

    Returns the page where the draft has changed. Raises what permissions raise.
    """
    policy_for(page).require(actor, "change", page)
    with locked_page(page.pk) as fresh:
        before: Document = fresh.content_json
        document, values = before, take_snapshot(fresh)
        given = dict(values)
        documents = set(type_documents(fresh))
        versions = _Versions(fresh.pk, (step for item in items for step in _steps(item)))
        seen: set[int] = set()
        for item in items:
            new, old = _steps(item)
            if new in seen:
                # Accepted by one agent, made by another: one edit.
                item.outcome, item.reason = "nothing", _("Told twice.")
                continue
            seen.add(new)
            after_row, before_row = versions.get(new), versions.get(old)
            after, earlier = versions.document(new), versions.document(old)
            if after_row is None or after is None or earlier is None:
                item.outcome, item.reason = "left", _("The history that is needed for it was pruned.")
                continue
            part = without_edit(document, after, earlier, allowed=fresh.allowed_blocks)
            document = part.document
            changes: dict[str, Any] = {}
            if before_row is not None:
                changes, item.fields = values_without(values, after_row.snapshot, before_row.snapshot, documents)
            values |= changes
            item.blocks = part.kept
            _say(item, broken=part.broken, edited=not same_json(after.blocks, earlier.blocks))
        changed = {name: value for name, value in values.items() if not same_json(value, given[name])}
        names = apply_snapshot(fresh, changed) if changed else set()
        if document == before and not names:
            return None
        if document != before:
            fresh.content_json = document
        save_draft(
            fresh,
            actor=actor,
            kind=RevisionKind.UNDO,
            names=names,
            before=before if document != before else None,
            message=message,
        )
    return fresh


def _steps(item: Item) -> tuple[int, int]:
    version = int(item.act.data["version"])
    return version, version - 1


def _say(item: Item, *, broken: bool, edited: bool) -> None:
    if broken:
        item.outcome = "left"
        item.reason = _("Without it the page would be no valid one as people have changed it since.")
    elif item.blocks or item.fields:
        item.outcome = "partly"
        item.reason = _("People have worked on a part of it since; that part stays.")

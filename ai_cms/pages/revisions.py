"""Write revisions: numbered under the page's lock, autosaves squashed, refused writes kept; and read documents from them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from ai_cms.blocks.documents.diff import diff_documents
from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.operations import apply_operations, parse_operations
from ai_cms.blocks.exceptions import InvalidDocument, InvalidOperation
from ai_cms.core.acting import Facts, facts_of
from ai_cms.core.permissions import Actor

from ..core.jsontypes import JsonObject
from .conf import pages_settings
from .models import AbstractPage, Publication, Revision, RevisionKind
from .snapshots import take_snapshot

__all__ = ["MAX_WAY_BACK", "document_at", "new_revision", "prune_revisions", "record_conflict", "record_revision"]

#: An autosave overwrites its revision as long as the way back to what it has overwritten is no longer than this, in bytes.
MAX_WAY_BACK = 200_000


def new_revision(
    page: AbstractPage,
    *,
    number: int,
    kind: str,
    actor: Actor,
    message: str = "",
    agent: str = "",
    now: datetime | None = None,
) -> Revision:
    """Return the unsaved revision of the page's present draft."""
    snapshot = take_snapshot(page)
    return Revision(
        page_id=page.pk,
        number=number,
        kind=kind,
        version=page.version,
        author=actor.account,
        agent=agent or actor.label,
        **facts_of(actor).columns,
        message=message[:300],
        created_at=now or timezone.now(),
        title=snapshot.pop("title"),
        content_json=page.content_json,
        fields=snapshot,
    )


def record_revision(
    page: AbstractPage,
    *,
    actor: Actor,
    kind: str,
    message: str = "",
    agent: str = "",
    number: int | None = None,
    before: Document | None = None,
) -> tuple[Revision, bool]:
    """Write the page's present draft as a revision and set ``page.latest_revision`` (the caller saves the page).

    Returns the revision and whether it is a new row: an autosave within ``AUTOSAVE_SQUASH_SECONDS`` of the same author's last
    one overwrites it, unless that one is published or scheduled. What a program writes has a row of its own each time, so that
    it can be told from what its user typed, and taken back. ``before``: the document that this write changed, if it did.
    ``number``: of a page whose row has it already. The page must be locked.
    """
    row = new_revision(page, number=0, kind=kind, actor=actor, message=message, agent=agent)
    if kind == RevisionKind.AUTOSAVE and page.latest_revision and number is None:
        last = _overwritable(page, row)
        way_back = last and [*last.overwritten, [last.version, _steps(page.content_json, before)]]
        if last is not None and len(json.dumps(way_back)) <= MAX_WAY_BACK:
            row.pk, row.number, row.agent, row.overwritten = last.pk, last.number, last.agent, way_back
            row.save(force_update=True)
            return row, False
    page.latest_revision = row.number = number if number is not None else page.latest_revision + 1
    row.save(force_insert=True)
    return row, True


def _overwritable(page: AbstractPage, row: Revision) -> Revision | None:
    """Return the author's last autosave if nothing stands on it that must stay as it is."""
    if Facts(via=row.via, token=row.token, run=row.run).is_machine:
        return None
    since = row.created_at - timedelta(seconds=pages_settings.AUTOSAVE_SQUASH_SECONDS)
    last = (
        Revision.objects.filter(page_id=page.pk, number=page.latest_revision, kind=row.kind, author=row.author)
        .filter(via__in={row.via, ""}, token="", run="")
        .filter(created_at__gte=since)
        .defer("content_json")
        .first()
    )
    if last is None or last.number == page.scheduled_revision or last.version == page.published_version:
        return None
    return last


def _steps(after: Document, before: Document | None) -> list[JsonObject]:
    """Return the operations that lead back from ``after`` to ``before``."""
    return [] if before is None else [operation.to_json() for operation in diff_documents(after, before)]


def document_at(page_id: int, version: int) -> Document | None:
    """Return the document of a page's earlier version; ``None`` if its revision was pruned.

    A version that a later autosave has overwritten is led back to from that autosave.
    """
    rows = Revision.objects.filter(page_id=page_id).exclude(kind=RevisionKind.CONFLICT)
    row = rows.filter(version__gte=version).order_by("version", "-number").first()
    if row is None or (row.version != version and version not in [step for step, _back in row.overwritten]):
        return None
    document: Document = row.content_json
    if row.version == version:
        return document
    try:
        for step, back in reversed(row.overwritten):
            document = apply_operations(document, parse_operations(back, trusted=True), allow_locked=True).document
            if step == version:
                return document
    except (InvalidOperation, InvalidDocument):
        return None
    return None


def record_conflict(
    page: AbstractPage, *, actor: Actor, base_version: int, snapshot: JsonObject, content: Document
) -> Revision:
    """Keep what a refused write wanted. The page must be locked; its draft is not touched.

    A client that retries the same stale write gets the same revision again.
    """
    fields = dict(snapshot)
    title = fields.pop("title")
    same = Revision.objects.filter(
        page_id=page.pk, kind=RevisionKind.CONFLICT, author=actor.account, version=base_version, title=title
    ).first()
    if same is not None and same.content_json == content and same.fields == fields:
        return same
    page.latest_revision += 1
    row = new_revision(page, number=page.latest_revision, kind=RevisionKind.CONFLICT, actor=actor)
    row.version, row.title, row.content_json, row.fields = base_version, title, content, fields
    row.save(force_insert=True)
    page.save(update_fields=["latest_revision"])
    return row


def prune_revisions(page_id: int, keep: int) -> int:
    """Delete all but the newest ``keep`` revisions of a page, its published and scheduled ones apart; returns how many."""
    newest = list(Revision.objects.filter(page_id=page_id).order_by("-number").values_list("pk", flat=True)[:keep])
    page: Any = Revision._meta.get_field("page").related_model._base_manager.filter(pk=page_id)
    held = [
        *Publication.objects.filter(page_id=page_id).values_list("revision", flat=True),
        *page.non_polymorphic().values_list("scheduled_revision", flat=True),
    ]
    rows = Revision.objects.filter(page_id=page_id).exclude(pk__in=newest).exclude(number__in=[n for n in held if n])
    return rows.delete()[0]

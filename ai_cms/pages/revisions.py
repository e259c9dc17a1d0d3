"""Write revisions: numbered under the page's lock, autosaves squashed, refused writes kept."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from ai_cms.blocks.documents.document import Document
from ai_cms.core.permissions import Actor

from .conf import pages_settings
from .models import Revision, RevisionKind
from .snapshots import take_snapshot

if TYPE_CHECKING:
    from .models import AbstractPage

__all__ = ["prune_revisions", "record_conflict", "record_revision"]


def record_revision(
    page: AbstractPage, *, actor: Actor, kind: str, message: str = "", agent: str = "", number: int | None = None
) -> tuple[Revision, bool]:
    """Write the page's present draft as a revision and set ``page.latest_revision`` (the caller saves the page).

    Returns the revision and whether it is a new row: an autosave within ``AUTOSAVE_SQUASH_SECONDS`` of the same author's last
    one overwrites it. ``number``: of a page whose row has it already. The page must be locked.
    """
    now = timezone.now()
    snapshot = take_snapshot(page)
    title = snapshot.pop("title")
    values: dict[str, Any] = {
        "version": page.version,
        "created_at": now,
        "title": title,
        "content_json": page.content_json,
        "fields": snapshot,
        "message": message[:300],
    }
    if kind == RevisionKind.AUTOSAVE and page.latest_revision and number is None:
        since = now - timedelta(seconds=pages_settings.AUTOSAVE_SQUASH_SECONDS)
        last = (
            Revision.objects.filter(page_id=page.pk, number=page.latest_revision, kind=kind, author=actor.account)
            .filter(created_at__gte=since)
            .defer("content_json")
            .first()
        )
        if last is not None:
            for name, value in values.items():
                setattr(last, name, value)
            last.save(update_fields=list(values))
            return last, False
    page.latest_revision = number if number is not None else page.latest_revision + 1
    revision = Revision.objects.create(
        page_id=page.pk,
        number=page.latest_revision,
        kind=kind,
        author=actor.account,
        agent=agent or actor.label,
        **values,
    )
    return revision, True


def record_conflict(
    page: AbstractPage, *, actor: Actor, base_version: int, snapshot: dict[str, Any], content: Document
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
    revision = Revision.objects.create(
        page_id=page.pk,
        number=page.latest_revision,
        kind=RevisionKind.CONFLICT,
        version=base_version,
        author=actor.account,
        agent=actor.label,
        created_at=timezone.now(),
        title=title,
        content_json=content,
        fields=fields,
    )
    page.save(update_fields=["latest_revision"])
    return revision


def prune_revisions(page_id: int, keep: int) -> int:
    """Delete all but the newest ``keep`` revisions of a page, its published and scheduled ones apart; returns how many."""
    from .models import Publication

    newest = list(Revision.objects.filter(page_id=page_id).order_by("-number").values_list("pk", flat=True)[:keep])
    page: Any = Revision._meta.get_field("page").related_model._base_manager.filter(pk=page_id)
    held = [
        *Publication.objects.filter(page_id=page_id).values_list("revision", flat=True),
        *page.non_polymorphic().values_list("scheduled_revision", flat=True),
    ]
    rows = Revision.objects.filter(page_id=page_id).exclude(pk__in=newest).exclude(number__in=[n for n in held if n])
    return rows.delete()[0]

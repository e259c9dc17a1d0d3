"""Keep what somebody wrote for a page that was deleted meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.core.mappings import FieldValues
from ai_cms.core.permissions import Actor, ActorLike, policy_for

from ..models import Revision
from ..provenance import written_by
from ..revisions import record_conflict
from ..snapshots import apply_snapshot, assign_fields, take_snapshot
from .locks import locked_page

if TYPE_CHECKING:
    from ..models import AbstractPage

__all__ = ["keep_for_deleted"]


def keep_for_deleted(
    page: AbstractPage, *, actor: ActorLike, base_version: int, fields: FieldValues, content: object
) -> Revision:
    """Put what was written for a page in the bin into its history, as a refused edit; the page itself stays as it is.

    ``fields``: values by name. ``content``: the whole document. ``base_version``: the version that was being edited.
    Raises PageNotFound for a page that is gone for good, InvalidInput, InvalidDocument and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "change", page)
    with locked_page(page.pk, deleted=True) as fresh:
        before = take_snapshot(fresh)
        assign_fields(fresh, fields)
        wanted = take_snapshot(fresh)
        apply_snapshot(fresh, before)
        document = prepare_document(
            content,
            previous=fresh.content_json,
            allowed=fresh.allowed_blocks,
            provenance=written_by(who, "human"),
            actor=who,
        )
        return record_conflict(fresh, actor=who, base_version=base_version, snapshot=wanted, content=document)

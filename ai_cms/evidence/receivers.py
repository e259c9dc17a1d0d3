"""Keep the journal and the acceptances: what the services of pages and assets tell, in their transactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.dispatch import receiver

from ai_cms.core import signals
from ai_cms.core.acting import Facts, facts_of
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model
from ai_cms.pages.models import AbstractPage, Proposal, Publication, Revision

from .acceptances import record_acceptance
from .journal import note
from .models import ActKind

__all__: list[str] = []

_SAID = ("title", "alt", "caption", "credit", "visibility", "decorative")


@receiver(signals.page_created, dispatch_uid="ai_cms_evidence.created")
@receiver(signals.page_copied, dispatch_uid="ai_cms_evidence.copied")
def page_made(instance: AbstractPage, actor: Actor, **signal: Any) -> None:
    """Note a new page."""
    note(ActKind.CREATED, actor, page=instance)


@receiver(signals.page_updated, dispatch_uid="ai_cms_evidence.updated")
def page_edited(instance: AbstractPage, actor: Actor, revision: Revision, **signal: Any) -> None:
    """Note a change of a draft."""
    note(ActKind.EDITED, actor, {"version": revision.version, "revision": revision.number}, page=instance)


@receiver(signals.page_moved, dispatch_uid="ai_cms_evidence.moved")
def page_moved(
    instance: AbstractPage,
    actor: Actor,
    old_path: str,
    new_path: str,
    old_place: tuple[int | None, int | None] | None = None,
    **signal: Any,
) -> None:
    """Note where a page stood and where it stands."""
    if not facts_of(actor).is_machine:
        return
    before: JsonObject = {"slug": _slug(old_path)}
    after: JsonObject = {"slug": _slug(new_path)}
    if old_place is None:
        note(ActKind.RENAMED, actor, {"before": before, "after": after}, page=instance)
        return
    before |= {"parent": old_place[0], "previous": old_place[1]}
    after |= {"parent": instance.parent_id, "previous": sibling_before(instance)}
    note(ActKind.MOVED, actor, {"before": before, "after": after}, page=instance)


def _slug(path: str) -> str:
    return path.rstrip("/").rsplit("/", 1)[-1]


def sibling_before(page: AbstractPage) -> int | None:
    """Return the key of the page that stands before ``page`` among its siblings, those in the bin too."""
    rows = get_page_model().all_objects.non_polymorphic().filter(parent_id=page.parent_id, tree_id=page.tree_id)
    found: int | None = rows.filter(lft__lt=page.lft).order_by("-lft").values_list("pk", flat=True).first()
    return found


@receiver(signals.pages_reordered, dispatch_uid="ai_cms_evidence.reordered")
def pages_reordered(
    instance: AbstractPage, actor: Actor, before: Sequence[int], after: Sequence[int], **signal: Any
) -> None:
    """Note an order of children."""
    note(ActKind.REORDERED, actor, {"before": list(before), "after": list(after)}, page=instance)


@receiver(signals.page_deleted, dispatch_uid="ai_cms_evidence.deleted")
def page_deleted(instance: AbstractPage, actor: Actor, page_ids: Sequence[int], **signal: Any) -> None:
    """Note what went into the bin, and by which deletion."""
    if facts_of(actor).is_machine:
        rows = get_page_model().all_objects.non_polymorphic().filter(pk=instance.pk)
        deletion = rows.values_list("deletion", flat=True).first()
        note(ActKind.DELETED, actor, {"pages": list(page_ids), "deletion": str(deletion)}, page=instance)


@receiver(signals.page_restored, dispatch_uid="ai_cms_evidence.restored")
def page_restored(instance: AbstractPage, actor: Actor, page_ids: Sequence[int], **signal: Any) -> None:
    """Note what came back from the bin."""
    note(ActKind.RESTORED, actor, {"pages": list(page_ids)}, page=instance)


@receiver(signals.page_purged, dispatch_uid="ai_cms_evidence.purged")
def page_purged(instance: AbstractPage, actor: Actor, page_ids: Sequence[int], **signal: Any) -> None:
    """Note what is gone for good: it cannot be taken back, and that is told."""
    note(ActKind.PURGED, actor, {"pages": list(page_ids)}, title=instance.title)


@receiver(signals.page_published, dispatch_uid="ai_cms_evidence.published")
def page_published(instance: AbstractPage, actor: Actor, publication: Publication, **signal: Any) -> None:
    """Note what became public, in whose place."""
    data: JsonObject = {"revision": publication.revision, "replaced": publication.replaced}
    note(ActKind.PUBLISHED, actor, data, page=instance)


@receiver(signals.page_unpublished, dispatch_uid="ai_cms_evidence.unpublished")
def page_unpublished(instance: AbstractPage, actor: Actor, revision: int | None = None, **signal: Any) -> None:
    """Note what is public no more."""
    note(ActKind.UNPUBLISHED, actor, {"revision": revision}, page=instance)


@receiver(signals.page_scheduled, dispatch_uid="ai_cms_evidence.scheduled")
def page_scheduled(instance: AbstractPage, actor: Actor, before: Mapping[str, Any], **signal: Any) -> None:
    """Note a plan, and the one it takes the place of."""
    old = {name: _iso(value) for name, value in before.items()}
    data: JsonObject = {"before": old, "after": {name: _iso(getattr(instance, name)) for name in before}}
    data["revision"] = instance.scheduled_revision
    note(ActKind.SCHEDULED, actor, data, page=instance)


def _iso(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


@receiver(signals.proposal_created, dispatch_uid="ai_cms_evidence.proposed")
def proposal_made(instance: Proposal, actor: Actor, **signal: Any) -> None:
    """Note changes that wait for a person."""
    if facts_of(actor).is_machine or instance.provenance.get("source") == "model":
        data: JsonObject = {"proposal": instance.pk}
        note(ActKind.PROPOSED, actor, data, page=instance.page, title=instance.title, **_made_by(instance))


def _made_by(proposal: Proposal) -> dict[str, Any]:
    """Return whose a proposal is, as ``note`` takes it."""
    facts = Facts(via=proposal.via, label=proposal.agent, token=proposal.token, run=proposal.run)
    return {"facts": facts, "user": proposal.author, "call": str(proposal.provenance.get("call") or "")[:64]}


@receiver(signals.proposal_accepted, dispatch_uid="ai_cms_evidence.accepted")
def proposal_accepted(
    instance: Proposal, actor: Actor, revision: Revision, shown: Mapping[str, Any] | None = None, **signal: Any
) -> None:
    """Note a change as its maker's, accepted by whoever did; and keep who answers for it."""
    made = _made_by(instance)
    if made["facts"].is_machine or instance.provenance.get("source") == "model":
        data: JsonObject = {"version": revision.version, "revision": revision.number, "proposal": instance.pk}
        note(ActKind.EDITED, actor, data, page=instance.page, accepted_by=actor.account, **made)
    record_acceptance(instance, revision, actor=actor, shown=dict(shown or {}))


@receiver(signals.asset_uploaded, dispatch_uid="ai_cms_evidence.uploaded")
def asset_uploaded(instance: Any, actor: Actor, **signal: Any) -> None:
    """Note a new file and what was said of it."""
    said = {name: getattr(instance, name) for name in _SAID if hasattr(instance, name)}
    note(ActKind.UPLOADED, actor, {"said": said}, asset=instance)


@receiver(signals.asset_edited, dispatch_uid="ai_cms_evidence.asset_edited")
def asset_edited(
    instance: Any, actor: Actor, before: Mapping[str, Any], after: Mapping[str, Any], **signal: Any
) -> None:
    """Note what is said of a file now."""
    note(ActKind.ASSET_EDITED, actor, {"before": dict(before), "after": dict(after)}, asset=instance)


@receiver(signals.asset_replaced, dispatch_uid="ai_cms_evidence.asset_replaced")
def asset_replaced(instance: Any, actor: Actor, before: Mapping[str, Any], **signal: Any) -> None:
    """Note that another file took the place of one."""
    note(ActKind.ASSET_REPLACED, actor, {"before": dict(before)}, asset=instance)


@receiver(signals.asset_deleted, dispatch_uid="ai_cms_evidence.asset_deleted")
def asset_deleted(instance: Any, reference: str, actor: Actor, **signal: Any) -> None:
    """Note that a file is gone."""
    note(ActKind.ASSET_DELETED, actor, {"reference": reference}, title=str(instance))

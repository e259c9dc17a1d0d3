"""Write down who took the responsibility for what, having been shown what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import router, transaction
from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.provenance import provenance_of
from ai_cms.core.acting import facts_of
from ai_cms.core.exceptions import Conflict, InvalidInput, PermissionRefused
from ai_cms.core.jsontypes import JsonMapping, JsonObject
from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.pages.changes import block_changes, changes_digest
from ai_cms.pages.models import AbstractPage, Proposal, Publication, Revision
from ai_cms.pages.services.locks import locked_page

from .marks import mark_of
from .models import Acceptance, AcceptedBlock

__all__ = ["accept_published", "accepted_marks", "person_name", "record_acceptance", "unreviewed", "unreviewed_changes"]


def person_name(user: Any) -> str:
    """Return what a person is called in records that outlive the account."""
    if user is None:
        return ""
    return (str(user.get_full_name()) or str(user.get_username()))[:255]


def record_acceptance(proposal: Proposal, revision: Revision, *, actor: Actor, shown: JsonObject) -> Acceptance | None:
    """Keep that a proposal was accepted, with the changes as they stood, in the transaction that applies them.

    ``shown``: as the signal ``proposal_accepted`` tells it. What a person proposes and a person accepts is in the history
    alone: ``None``.
    """
    source = str(proposal.provenance.get("source") or "")
    maker = proposal.run or proposal.token or proposal.via in ("agent", "token")
    if source in ("", "human") and not maker:
        return None
    before: Document = shown.get("document") or Document.empty()
    snapshot: JsonObject = shown.get("snapshot") or {}
    changes = block_changes(before, proposal.operations)
    fields = [{"name": name, "before": snapshot.get(name), "after": value} for name, value in proposal.fields.items()]
    taken = set(shown.get("fields") or ())
    words: dict[str, list[str]] = {"rejected": [], "stale": []}
    for change, word in zip(changes, proposal.decisions, strict=True):
        change["decision"] = word
        if word in words:
            words[word].append(change["block"])
    page = proposal.page
    acceptance = Acceptance(
        page=page,
        page_key=page.pk,
        page_title=revision.title,
        page_path=page.path,
        proposal=proposal,
        proposal_title=proposal.title,
        by_policy=bool(shown.get("by_policy")),
        asked_by=person_name(proposal.author),
        agent=proposal.agent,
        source=source,
        model=str(proposal.provenance.get("model") or "")[:200],
        call=str(proposal.provenance.get("call") or "")[:64],
        run=proposal.run,
        base_version=proposal.base_version,
        version=revision.version,
        revision=revision.number,
        shown=[*changes, *({"op": "field", **field} for field in fields)],
        shown_digest=changes_digest(changes, fields),
        shown_to_person=str(shown.get("digest") or "")[:64],
        changes={
            "left_out": words["rejected"],
            "out_of_date": words["stale"],
            "edits": shown.get("edits") or {},
            "fields": sorted(taken),
            "fields_left_out": sorted(set(proposal.fields) - taken),
        },
        **_person(actor),
    )
    wrote = [
        change["block"]
        for change in changes
        if change["decision"] == "accepted" and change["op"] in ("insert", "update")
    ]
    inserted = {change["block"] for change in changes if change["op"] == "insert"}
    by_person = bool(acceptance.person_key) and not acceptance.by_policy and not facts_of(actor).is_machine
    _keep(acceptance, _blocks(revision.content_json, wrote, inserted), by_person)
    return acceptance


def _person(actor: Actor) -> dict[str, Any]:
    account = actor.account
    return {
        "person": account,
        "person_key": "" if account is None else str(account.pk),
        "person_name": person_name(account) or actor.label[:255],
    }


def _blocks(document: Document, names: Iterable[str], whole: Iterable[str]) -> list[JsonObject]:
    """Return the blocks of these ids; of those in ``whole`` what is inside them as well."""
    deep = set(whole)
    found: dict[str, JsonObject] = {}
    for name in names:
        block = document.find(name)
        if block is None:
            continue
        found[name] = block
        if name in deep:
            found |= {walked.block["id"]: walked.block for walked in Document([block]).walk()}
    return list(found.values())


def _keep(acceptance: Acceptance, blocks: Sequence[JsonMapping], by_person: bool) -> None:
    acceptance.save(force_insert=True)
    AcceptedBlock.objects.bulk_create(
        AcceptedBlock(
            acceptance=acceptance,
            page_key=acceptance.page_key,
            block=str(block["id"]),
            mark=mark_of(block),
            by_person=by_person,
        )
        for block in blocks
    )


def accepted_marks(page_key: int) -> dict[tuple[str, str], Acceptance]:
    """Return what persons have accepted on a page: by block and mark, the last acceptance of each."""
    rows = AcceptedBlock.objects.filter(page_key=page_key, by_person=True).select_related("acceptance")
    return {(row.block, row.mark): row.acceptance for row in rows.order_by("acceptance__at", "pk")}


def unreviewed(page_key: int, document: Document) -> list[JsonObject]:
    """Return the blocks that a model wrote and that no person has accepted."""
    accepted = accepted_marks(page_key)
    found = []
    for walked in document.walk():
        block = walked.block
        if (provenance_of(block) or {}).get("source") == "model" and (block["id"], mark_of(block)) not in accepted:
            found.append(block)
    return found


def unreviewed_changes(blocks: Sequence[JsonMapping]) -> list[JsonObject]:
    """Return blocks as they are shown to whoever is to answer for them, in the shape of ``block_changes``."""
    found = []
    for block in blocks:
        alone = {key: value for key, value in block.items() if key != "children"}
        text = Document([dict(alone)]).text()
        found.append(
            {
                "op": "review",
                "block": str(block["id"]),
                "type": str(block.get("type", "")),
                "before": None,
                "after": alone,
                "text": [["equal", text]] if text else [],
            }
        )
    return found


def accept_published(
    page: AbstractPage, *, actor: ActorLike, shown: str, blocks: Sequence[str] | None = None
) -> Acceptance:
    """Take the responsibility for what a model wrote on a published page and nobody has accepted.

    ``shown``: the digest of what the person looked at (``changes_digest`` of ``unreviewed_changes``); ``blocks``: only these.
    Needs the right to change the page; a program cannot do it. Raises Conflict where it is another text by now, InvalidInput,
    and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "change", page)
    if who.account is None or facts_of(who).is_machine:
        raise PermissionRefused(_("Only a person can answer for a text."))
    with transaction.atomic(using=router.db_for_write(Acceptance)), locked_page(page.pk) as fresh:
        publication = Publication.objects.filter(page_id=fresh.pk, active=True).first()
        document = Document(publication.content if publication is not None else [])
        waiting = unreviewed(fresh.pk, document)
        changes = unreviewed_changes(waiting)
        digest = changes_digest(changes)
        if not waiting or publication is None:
            raise Conflict(_("Nothing of this page waits for somebody to answer for it."), code="nothing_unreviewed")
        if shown != digest:
            raise Conflict(_("This is another text than you looked at. Look at it again."), code="shown_changed")
        chosen = {str(block["id"]) for block in waiting} if blocks is None else set(blocks)
        if unknown := sorted(chosen - {str(block["id"]) for block in waiting}):
            raise InvalidInput(errors={"blocks": [_("The block %(id)s does not wait.") % {"id": unknown[0]}]})
        wanted = [block for block in waiting if str(block["id"]) in chosen]
        if not wanted:
            raise InvalidInput(errors={"blocks": [_("Name at least one block.")]})
        records = [provenance_of(block) or {} for block in wanted]
        models = sorted({str(record.get("model") or record.get("by") or "") for record in records} - {""})
        acceptance = Acceptance(
            page=fresh,
            page_key=fresh.pk,
            page_title=publication.title,
            page_path=publication.path,
            proposal_title=_("Looked at on the published page"),
            source="model",
            model=", ".join(models)[:200],
            base_version=publication.version,
            version=publication.version,
            revision=publication.revision,
            shown=[{**change, "decision": "accepted"} for change in changes if change["block"] in chosen],
            shown_digest=digest,
            shown_to_person=shown,
            changes={"left_out": sorted({str(block["id"]) for block in waiting} - chosen)},
            **_person(who),
        )
        _keep(acceptance, wanted, True)
    return acceptance

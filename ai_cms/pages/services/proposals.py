"""Proposals: suggested operations, accepted whole or in part as one revision."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.operations import apply_operations, parse_operations
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import Actor, policy_for
from ai_cms.core.signals import proposal_accepted, proposal_created, proposal_rejected

from ..conf import pages_settings
from ..exceptions import ProposalClosed, ProposalStale
from ..models import Proposal, ProposalStatus, RevisionKind
from ..provenance import written_by
from ..rebase import fingerprints, inserted_ids, operation_is_stale, positions_of
from ..snapshots import assign_fields, take_snapshot
from .drafts import locked_page, save_draft

if TYPE_CHECKING:
    from ..models import AbstractPage

__all__ = ["accept_proposal", "create_proposal", "proposal_state", "reject_proposal"]


def create_proposal(
    page: AbstractPage,
    operations: Sequence[Any],
    *,
    actor: Actor | Any,
    title: str = "",
    fields: Mapping[str, Any] | None = None,
    provenance: Mapping[str, Any] | None = None,
    agent: str = "",
    based_on: AbstractPage | None = None,
) -> Proposal:
    """Suggest operations on a page's present document, and new values of its fields.

    The operations are tried out now, so that a proposal never holds what cannot be applied. ``provenance``: of the blocks it
    makes; default the actor's. ``based_on``: the page as it was when the work on the suggestions began; what was changed since
    is left out, for nobody has seen it when they were made. Raises InvalidOperation, InvalidInput, ProposalStale (nothing is
    left) and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "change", page)
    if not operations and not fields:
        raise InvalidInput(errors={"operations": [_("A proposal needs operations or fields.")]})
    marks = dict(provenance) if provenance is not None else written_by(who, "human")
    with locked_page(page.pk) as fresh:
        document: Document = fresh.content_json
        parsed: Sequence[Any] = parse_operations(operations)
        if based_on is not None:
            parsed, fields = _still_fitting(parsed, fields or {}, based_on, fresh)
            if not parsed and not fields:
                raise ProposalStale
        applied = apply_operations(document, parsed, provenance=marks, allowed=fresh.allowed_blocks, actor=who)
        if fields:
            assign_fields(fresh, fields, actor=who, provenance=marks)
        proposal = Proposal.objects.create(
            page=fresh,
            title=(title or _("Changes to %(page)s") % {"page": fresh.title})[:255],
            base_version=fresh.version,
            operations=[operation.to_json() for operation in applied.operations],
            fields=dict(fields or {}),
            fingerprints={
                **fingerprints(applied.operations, document),
                **{f"field:{name}": _field_mark(fresh_value) for name, fresh_value in _current(page.pk, fields or {})},
            },
            provenance=marks,
            author=who.account,
            agent=agent or who.label,
        )
        proposal_created.send(sender=Proposal, instance=proposal, actor=who)
    policy = pages_settings.PROPOSAL_POLICY
    if policy and import_string(policy)(proposal, who):
        # The policy named by the host stands in for the person; the actor's own rights still count.
        accept_proposal(proposal, actor=who)
    return proposal


def _still_fitting(
    operations: Sequence[Any], fields: Mapping[str, Any], base: AbstractPage, fresh: AbstractPage
) -> tuple[list[Any], dict[str, Any]]:
    """Return the operations whose blocks, and the fields whose values, are as they were in ``base``."""
    marks = fingerprints(operations, base.content_json)
    positions = positions_of(fresh.content_json)
    made: set[str] = set()
    kept: list[Any] = []
    for operation in operations:
        if not operation_is_stale(operation, marks, positions, made):
            kept.append(operation)
            made |= inserted_ids(operation)
    same = {name: value for name, value in fields.items() if getattr(base, name) == getattr(fresh, name)}
    return kept, same


def _current(page_id: int, fields: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    from .. import get_page_model

    if not fields:
        return []
    stored = get_page_model().all_objects.get(pk=page_id)
    values = take_snapshot(stored)
    return [(name, values.get(name)) for name in fields]


def _field_mark(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 1000 else f"{text[:900]}{hashlib.sha256(text.encode()).hexdigest()}"


def proposal_state(proposal: Proposal, page: AbstractPage) -> list[str]:
    """Return for each operation of a proposal "pending" or "stale", or what was decided."""
    if proposal.status not in (ProposalStatus.PENDING,):
        return list(proposal.decisions)
    positions = positions_of(page.content_json)
    made: set[str] = set()
    states = []
    for operation in proposal.operations:
        stale = operation_is_stale(operation, proposal.fingerprints, positions, made)
        states.append("stale" if stale else "pending")
        if not stale:
            made |= inserted_ids(operation)
    return states


def accept_proposal(
    proposal: Proposal,
    *,
    actor: Actor | Any,
    blocks: Sequence[str] | None = None,
    fields: Sequence[str] | None = None,
) -> Proposal:
    """Apply a proposal to the page as it is now, as one revision.

    ``blocks``: only the operations on (or inserting) these block ids; ``None`` for all. ``fields``: only these fields; ``None``
    for all when ``blocks`` is ``None`` too, else none. Operations whose block was changed since are left out and marked stale.
    What is left of a partly accepted proposal counts as rejected.
    Raises ProposalClosed, ProposalStale when nothing fits any more, InvalidInput for unknown block ids.
    """
    who = Actor.of(actor)
    policy_for(proposal.page).require(who, "change", proposal.page)
    stale_everywhere = False
    with locked_page(proposal.page_id) as page:
        row = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
        if row.status != ProposalStatus.PENDING:
            raise ProposalClosed
        wanted = _wanted(row, blocks)
        field_names = set(row.fields) if fields is None and blocks is None else set(fields or ())
        if not field_names <= set(row.fields):
            raise InvalidInput(errors={"fields": [_("The proposal changes no such field.")]})
        before: Document = page.content_json
        document, decisions = _apply_fitting(page, row, wanted, who)
        changes = {name: row.fields[name] for name in field_names if _field_fits(page, row, name)}
        names = assign_fields(page, changes, actor=who, provenance=row.provenance)
        if "accepted" not in decisions and not changes:
            stale_everywhere = True
            row.status, row.decisions = ProposalStatus.STALE, decisions
            row.decided_at, row.decided_by = timezone.now(), who.account
            row.save(update_fields=["status", "decisions", "decided_at", "decided_by"])
        else:
            changed = document != before
            if changed:
                page.content_json = document
            revision = save_draft(
                page,
                actor=who,
                kind=RevisionKind.PROPOSAL,
                names=names,
                before=before if changed else None,
                message=row.title,
                agent=row.agent,
            )
            whole = all(word == "accepted" for word in decisions) and len(changes) == len(row.fields)
            row.status = ProposalStatus.ACCEPTED if whole else ProposalStatus.PARTIAL
            row.decisions, row.revision = decisions, revision.number
            row.decided_at, row.decided_by = timezone.now(), who.account
            row.save(update_fields=["status", "decisions", "revision", "decided_at", "decided_by"])
            proposal_accepted.send(sender=Proposal, instance=row, actor=who, revision=revision)
    proposal.__dict__.update({name: getattr(row, name) for name in ("status", "decisions", "revision", "decided_at")})
    proposal.decided_by = row.decided_by
    if stale_everywhere:
        raise ProposalStale
    return proposal


def _wanted(proposal: Proposal, blocks: Sequence[str] | None) -> set[int]:
    """Return the indexes of the chosen operations: those of the named blocks, and of blocks inserted inside these."""
    if blocks is None:
        return set(range(len(proposal.operations)))
    names = set(blocks)
    targets = [operation_target(operation) for operation in proposal.operations]
    unknown = names - {target for target in targets if target}
    if unknown:
        raise InvalidInput(errors={"blocks": [_("The proposal has no block %(id)s.") % {"id": sorted(unknown)[0]}]})
    return {index for index, target in enumerate(targets) if target in names}


def operation_target(operation: Mapping[str, Any]) -> str:
    """Return the id of the block an operation is about."""
    found = operation["block"].get("id") if operation["op"] == "insert" else operation.get("id")
    return str(found or "")


def _apply_fitting(
    page: AbstractPage, proposal: Proposal, wanted: set[int], actor: Actor
) -> tuple[Document, list[str]]:
    """Apply the chosen operations that still fit; returns the document and a word for each operation."""
    document: Document = page.content_json
    positions = positions_of(document)
    made: set[str] = set()
    chosen: list[Any] = []
    decisions: list[str] = []
    skipped: set[str] = set()
    for index, operation in enumerate(proposal.operations):
        if index not in wanted:
            decisions.append("rejected")
            skipped |= inserted_ids(operation)
            continue
        current = _without_missing_neighbour(operation, skipped)
        if operation_is_stale(current, proposal.fingerprints, positions, made):
            decisions.append("stale")
            skipped |= inserted_ids(operation)
            continue
        decisions.append("accepted")
        chosen.append(current)
        made |= inserted_ids(operation)
    if not chosen:
        return document, decisions
    applied = apply_operations(
        document,
        parse_operations(chosen),
        provenance=proposal.provenance or None,
        allowed=page.allowed_blocks,
        actor=actor,
    )
    return applied.document, decisions


def _without_missing_neighbour(operation: dict[str, Any], skipped: set[str]) -> dict[str, Any]:
    """Place an insert or move at the end where the neighbour it names was itself not accepted."""
    if operation.get("after") in skipped or operation.get("before") in skipped:
        return {key: value for key, value in operation.items() if key not in ("after", "before")}
    return operation


def _field_fits(page: AbstractPage, proposal: Proposal, name: str) -> bool:
    mark = proposal.fingerprints.get(f"field:{name}")
    return mark is None or mark == _field_mark(take_snapshot(page).get(name))


def reject_proposal(proposal: Proposal, *, actor: Actor | Any) -> Proposal:
    """Turn a proposal down; the page stays as it is. Raises ProposalClosed."""
    who = Actor.of(actor)
    policy_for(proposal.page).require(who, "change", proposal.page)
    changed = Proposal.objects.filter(pk=proposal.pk, status=ProposalStatus.PENDING).update(
        status=ProposalStatus.REJECTED,
        decisions=["rejected"] * len(proposal.operations),
        decided_at=timezone.now(),
        decided_by=who.account,
    )
    if not changed:
        raise ProposalClosed
    proposal.refresh_from_db()
    proposal_rejected.send(sender=Proposal, instance=proposal, actor=who)
    return proposal

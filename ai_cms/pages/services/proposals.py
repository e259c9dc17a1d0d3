"""Proposals: suggested operations, accepted whole or in part as one revision."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.operations import apply_operations, parse_operations
from ai_cms.core.acting import facts_of
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.mappings import FieldValues
from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.core.signals import proposal_accepted, proposal_created, proposal_rejected

from ...core.jsontypes import JsonMapping, JsonObject
from ..conf import pages_settings
from ..exceptions import ProposalClosed, ProposalStale
from ..models import AbstractPage, Proposal, ProposalStatus, RevisionKind
from ..provenance import written_by
from ..rebase import Fitting, apply_fitting, fingerprints
from ..snapshots import assign_fields, take_snapshot
from ..untrusted import of_agent
from .drafts import save_draft
from .locks import locked_page

__all__ = ["accept_proposal", "create_proposal", "proposal_state", "reject_proposal"]


def create_proposal(
    page: AbstractPage,
    operations: Sequence[object],
    *,
    actor: ActorLike,
    title: str = "",
    fields: FieldValues | None = None,
    provenance: JsonMapping | None = None,
    agent: str = "",
    based_on: AbstractPage | None = None,
) -> Proposal:
    """Suggest operations on a page's present document, and new values of its fields.

    The operations are tried out now, so that a proposal never holds what cannot be applied. ``provenance``: of the blocks it
    makes; default the actor's. ``based_on``: the page as it was when the work on the suggestions began; what was changed since
    is left out, for nobody has seen it when they were made, and so is what the page has no room for; the title says how
    much. Raises InvalidOperation, InvalidInput, ProposalStale (nothing is
    left) and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(page).require(who, "propose", page)
    if not operations and not fields:
        raise InvalidInput(errors={"operations": [_("A proposal needs operations or fields.")]})
    marks = dict(provenance) if provenance is not None else written_by(who, "human")
    with locked_page(page.pk) as fresh:
        document: Document = fresh.content_json
        parsed: Sequence[Any] = parse_operations(of_agent(who, operations, document))
        fields = of_agent(who, fields, document)
        present = take_snapshot(fresh)
        options: dict[str, Any] = {"provenance": marks, "allowed": fresh.allowed_blocks, "actor": who}
        left_out = ""
        if based_on is None:
            made = apply_operations(document, parsed, **options).operations
        else:
            base = take_snapshot(based_on)
            fitting = apply_fitting(document, parsed, fingerprints(parsed, based_on.content_json), **options)
            made = fitting.operations
            left_out = _left_out(fitting)
            fields = {name: value for name, value in (fields or {}).items() if base.get(name) == present.get(name)}
            if not made and not fields:
                if fitting.without_room:
                    raise ProposalStale(_("The page is full: there is no room for any of the changes."))
                raise ProposalStale
        if fields:
            assign_fields(fresh, fields, actor=who, provenance=marks)
            # What was given by name is kept by key, as drafts and histories keep it.
            named = {field.name for field in fresh.type_fields() if hasattr(field, "clean_keys")} & fields.keys()
            fields = {**fields, **{name: value for name, value in take_snapshot(fresh).items() if name in named}}
        proposal = Proposal.objects.create(
            page=fresh,
            title=_titled(title or _("Changes to %(page)s") % {"page": fresh.title}, left_out),
            base_version=fresh.version,
            operations=[operation.to_json() for operation in made],
            fields=dict(fields or {}),
            fingerprints={
                **fingerprints(made, document),
                **{f"field:{name}": _field_mark(present.get(name)) for name in fields or {}},
            },
            provenance=marks,
            author=who.account,
            agent=agent or who.label,
            **facts_of(who).columns,
        )
        proposal_created.send(sender=Proposal, instance=proposal, actor=who)
    policy = pages_settings.PROPOSAL_POLICY
    if policy and policy_for(page).can(who, "change", page) and import_string(policy)(proposal, who):
        # The policy named by the host stands in for the person; the actor's own rights still count.
        accept_proposal(proposal, actor=who, by_policy=True)
    return proposal


def _left_out(fitting: Fitting) -> str:
    """Return how many operations were left out, and why; "" where none was."""
    full = len(fitting.without_room)
    changed = fitting.decisions.count("stale") - full
    words = []
    if full:
        words.append(
            ngettext("without %(count)d change: the page is full", "without %(count)d changes: the page is full", full)
            % {"count": full}
        )
    if changed:
        words.append(
            ngettext(
                "without %(count)d change to what is another by now",
                "without %(count)d changes to what is another by now",
                changed,
            )
            % {"count": changed}
        )
    return ", ".join(words)


def _titled(title: str, left_out: str) -> str:
    """Return a title in its column's length, with what was left out at its end."""
    end = f" ({left_out})" if left_out else ""
    return title[: 255 - len(end)] + end


def _field_mark(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, cls=DjangoJSONEncoder).encode()).hexdigest()[:32]


def proposal_state(proposal: Proposal, page: AbstractPage) -> list[str]:
    """Return for each operation of a proposal "pending" or "stale", or what was decided."""
    if proposal.status != ProposalStatus.PENDING:
        return list(proposal.decisions)
    found = _fitting(page, proposal, None, Actor.system())
    return ["pending" if word == "accepted" else word for word in found.decisions]


def accept_proposal(
    proposal: Proposal,
    *,
    actor: ActorLike,
    blocks: Sequence[str] | None = None,
    fields: Sequence[str] | None = None,
    edits: Mapping[str, JsonMapping] | None = None,
    shown: str = "",
    by_policy: bool = False,
) -> Proposal:
    """Apply a proposal to the page as it is now, as one revision.

    ``blocks``: only the operations on (or inserting) these block ids; ``None`` for all. ``fields``: only these fields; ``None``
    for all when ``blocks`` is ``None`` too, else none. Operations whose block was changed since are left out and marked stale.
    What is left of a partly accepted proposal counts as rejected. ``edits``: properties that the person has changed before
    accepting, by block id; the change is theirs. ``shown``: the digest of the changes as their screen showed them, for the
    record; ``by_policy``: the site's rule decides, no person.
    Raises ProposalClosed, ProposalStale when nothing of what was chosen fits (the proposal goes on waiting if something else of
    it does), InvalidInput for unknown block ids, InvalidOperation.
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
        fitting = _fitting(page, row, wanted, who)
        document, decisions = fitting.document, fitting.decisions
        given = take_snapshot(page)
        changes, names = _assign_fitting(page, row, field_names, who)
        if "accepted" not in decisions and not changes:
            if _fits_otherwise(page, row, who):
                raise ProposalStale(
                    _(
                        "Nothing of what you chose fits the page: it was changed there, or what you chose stands in a block of "
                        "this proposal that you did not choose. The proposal waits; accept all of it, or other blocks."
                    )
                )
            stale_everywhere = True
            row.status, row.decisions = ProposalStatus.STALE, decisions
            row.decided_at, row.decided_by = timezone.now(), who.account
            row.save(update_fields=["status", "decisions", "decided_at", "decided_by"])
        else:
            document, edited = _edited(page, row, document, decisions, edits or {}, who)
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
            proposal_accepted.send(
                sender=Proposal,
                instance=row,
                actor=who,
                revision=revision,
                shown={
                    "document": before,
                    "snapshot": given,
                    "digest": shown,
                    "edits": edited,
                    "fields": sorted(changes),
                    "by_policy": by_policy,
                },
            )
    proposal.__dict__.update({name: getattr(row, name) for name in ("status", "decisions", "revision", "decided_at")})
    proposal.decided_by = row.decided_by
    if stale_everywhere:
        raise ProposalStale
    return proposal


def _edited(
    page: AbstractPage,
    proposal: Proposal,
    document: Document,
    decisions: Sequence[str],
    edits: Mapping[str, JsonMapping],
    actor: Actor,
) -> tuple[Document, JsonObject]:
    """Return the document with a person's changes of what is accepted, and these: {id: {"before", "after"}}."""
    if not edits:
        return document, {}
    mine: set[str] = set()
    for operation, word in zip(proposal.operations, decisions, strict=True):
        if word == "accepted" and operation["op"] in ("insert", "update"):
            target = operation_target(operation)
            block = document.find(target) if operation["op"] == "insert" else None
            mine |= {target} if block is None else Document([block]).ids()
    if unknown := sorted(set(edits) - mine):
        raise InvalidInput(errors={"edits": [_("No accepted change is of the block %(id)s.") % {"id": unknown[0]}]})
    before = {name: dict((document.find(name) or {}).get("props") or {}) for name in edits}
    operations = [{"op": "update", "id": name, "props": dict(props)} for name, props in edits.items()]
    changed = apply_operations(
        document,
        parse_operations(operations),
        provenance=written_by(actor, "human"),
        allowed=page.allowed_blocks,
        actor=actor,
    ).document
    after = {name: dict((changed.find(name) or {}).get("props") or {}) for name in edits}
    return changed, {
        name: {"before": before[name], "after": after[name]} for name in edits if before[name] != after[name]
    }


def _wanted(proposal: Proposal, blocks: Sequence[str] | None) -> set[int]:
    """Return the indexes of the chosen operations. Raises InvalidInput for the id of a block that no operation is about."""
    if blocks is None:
        return set(range(len(proposal.operations)))
    names = set(blocks)
    targets = [operation_target(operation) for operation in proposal.operations]
    unknown = names - {target for target in targets if target}
    if unknown:
        raise InvalidInput(errors={"blocks": [_("The proposal has no block %(id)s.") % {"id": sorted(unknown)[0]}]})
    return {index for index, target in enumerate(targets) if target in names}


def operation_target(operation: JsonMapping) -> str:
    """Return the id of the block an operation is about."""
    found = operation["block"].get("id") if operation["op"] == "insert" else operation.get("id")
    return str(found or "")


def _fitting(page: AbstractPage, proposal: Proposal, wanted: set[int] | None, actor: Actor) -> Fitting:
    """Return what comes of applying the chosen operations of a proposal to the page as it is."""
    return apply_fitting(
        page.content_json,
        proposal.operations,
        proposal.fingerprints,
        wanted=wanted,
        provenance=proposal.provenance or None,
        allowed=page.allowed_blocks,
        actor=actor,
    )


def _fits_otherwise(page: AbstractPage, proposal: Proposal, actor: Actor) -> bool:
    """Return whether anything of the whole proposal fits the page as it is."""
    return "accepted" in _fitting(page, proposal, None, actor).decisions or bool(
        _assign_fitting(page, proposal, proposal.fields, actor)[0]
    )


def _assign_fitting(
    page: AbstractPage, proposal: Proposal, names: Iterable[str], actor: Actor
) -> tuple[set[str], set[str]]:
    """Set the chosen fields whose values are as they were; returns those that were set, and those that changed by it."""
    present = take_snapshot(page)
    fitting: set[str] = set()
    changed: set[str] = set()
    for name in sorted(names):
        mark = proposal.fingerprints.get(f"field:{name}")
        if name not in present or (mark is not None and mark != _field_mark(present[name])):
            continue
        try:
            changed |= assign_fields(page, {name: proposal.fields[name]}, actor=actor, provenance=proposal.provenance)
        except InvalidInput:
            # Such as a reference to something that is gone since.
            continue
        fitting.add(name)
    return fitting, changed


def reject_proposal(proposal: Proposal, *, actor: ActorLike) -> Proposal:
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

"""Fit a résumé to a job: gather what its owner has, keep what a model made of it as a proposal, and decide on that.

Who writes is not known here: whatever can registers in ``tailors`` (``cms_writing`` does where ``ai_cms.assist`` is installed).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from django.db import router, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.jsontypes import JsonMapping, JsonObject
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for
from ai_cms.core.registry import Registry

from .. import get_project_model, get_resume_model, get_skill_model
from ..exceptions import ProposalDecided, ResumeChanged, SourcesChanged, UnknownChange
from ..models import AbstractResume, ResumeProposal, ResumeProposalStatus
from ..resumes.changes import apply_changes, content_digest, judge, support_problems
from ..resumes.sources import Source, resume_sources, row_source
from .rows import update_row

__all__ = [
    "accept_resume_proposal",
    "is_stale",
    "propose_resume",
    "reject_resume_proposal",
    "sources_of",
    "tailors",
]

#: Makes a proposal (or ``None``, where there is nothing to change) of a résumé, an advertisement and an actor:
#: ``tailor(resume, job_advert, actor=…, request=…)``.
Tailor = Callable[..., ResumeProposal | None]
tailors: Registry[Tailor] = Registry("tailor of résumés")


def sources_of(resume: Any, *, actor: ActorLike) -> dict[str, Source]:
    """Return what a text of a résumé may draw on, by id: its entries, and its owner's projects and skills the actor may see."""
    who = Actor.of(actor)
    found = resume_sources(resume.content if isinstance(resume.content, dict) else {})
    for row in _rows(get_project_model(), resume.owner_id, who):
        values = [row.title, row.description, row.technologies, row.start_date, row.end_date]
        found.append(row_source(f"project:{row.pk}", row.title, values))
    for row in _rows(get_skill_model(), resume.owner_id, who):
        years = "" if row.years is None else f"{row.years:g} years" if row.years % 1 else f"{int(row.years)} years"
        values = [row.name, row.category, years, "" if row.level is None else f"level {row.level}"]
        found.append(row_source(f"skill:{row.pk}", row.name, values))
    return {source.id: source for source in found}


def _rows(model: Any, owner_id: Any, actor: Actor) -> Any:
    return get_policy(model).visible(actor, model.objects.of_owner(owner_id))


def propose_resume(
    resume: Any,
    *,
    actor: ActorLike,
    base: JsonMapping,
    sources: Mapping[str, Source],
    texts: Iterable[JsonMapping],
    orders: Iterable[JsonMapping] = (),
    missing: Iterable[str] = (),
    title: str = "",
    job_advert: str = "",
    provenance: JsonMapping | None = None,
) -> ResumeProposal | None:
    """Keep suggestions for a résumé: those that hold as changes, the others with what is wrong; ``None`` where there are none.

    ``base``, ``sources``: what the suggestions were made from; ``texts``, ``orders``: as ``judge()`` takes them. The résumé
    is not changed. Raises what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(resume).require(who, "change", resume)
    judged = judge(base, sources, texts, orders)
    if not judged.changes and not judged.refused:
        return None
    return ResumeProposal.objects.create(
        resume=resume,
        title=(title or _("Fitted to a job"))[:255],
        job_advert=job_advert,
        base=dict(base),
        digest=content_digest(base),
        changes=judged.changes,
        refused=judged.refused,
        missing=list(missing),
        provenance=dict(provenance or {}),
        author=who.account,
    )


def is_stale(proposal: ResumeProposal) -> bool:
    """Return whether the résumé is another than the one whose changes wait here."""
    return content_digest(proposal.resume.content) != proposal.digest


def accept_resume_proposal(
    proposal: ResumeProposal, *, actor: ActorLike, changes: Collection[str] | None = None
) -> ResumeProposal:
    """Write changes of a proposal into its résumé: those named, or all that are left. The others wait on.

    Their claims are held to the rows as they are now. Nothing is written if anything is refused. Raises ResumeChanged,
    SourcesChanged, ProposalDecided, UnknownChange, ResumeInvalid and what permissions raise.
    """
    who = Actor.of(actor)
    with transaction.atomic(using=router.db_for_write(ResumeProposal)):
        resume, row = _locked(proposal, who)
        chosen = _chosen(row, changes)
        if content_digest(resume.content) != row.digest:
            raise ResumeChanged
        _require_support(resume, row, chosen, who)
        accepted = [*row.accepted, *(change["id"] for change in chosen)]
        content = apply_changes(row.base, [change for change in row.changes if change["id"] in accepted])
        update_row(resume, actor=who, content=content)
        row.accepted, row.digest = accepted, content_digest(content)
        if len(accepted) == len(row.changes):
            _close(row, ResumeProposalStatus.ACCEPTED, who)
        row.save()
    return row


def reject_resume_proposal(proposal: ResumeProposal, *, actor: ActorLike) -> ResumeProposal:
    """Decide against what is left of a proposal. Raises ProposalDecided and what permissions raise."""
    who = Actor.of(actor)
    with transaction.atomic(using=router.db_for_write(ResumeProposal)):
        _resume, row = _locked(proposal, who)
        _close(row, ResumeProposalStatus.ACCEPTED if row.accepted else ResumeProposalStatus.REJECTED, who)
        row.save()
    return row


def _locked(proposal: ResumeProposal, actor: Actor) -> tuple[AbstractResume, ResumeProposal]:
    """Return the résumé and its proposal, both locked: the résumé first, so that two proposals of one wait for each other."""
    resume = get_resume_model()._default_manager.select_for_update().order_by().get(pk=proposal.resume_id)
    policy_for(resume).require(actor, "change", resume)
    row = ResumeProposal.objects.select_for_update().order_by().get(pk=proposal.pk)
    if row.status != ResumeProposalStatus.OPEN:
        raise ProposalDecided
    row.resume = resume
    return resume, row


def _chosen(row: ResumeProposal, names: Collection[str] | None) -> list[JsonObject]:
    known = {change["id"]: change for change in row.changes}
    if names is None:
        names = [key for key in known if key not in row.accepted]
    for name in names:
        if name not in known:
            raise UnknownChange(name)
        if name in row.accepted:
            raise ProposalDecided
    if not names:
        raise ProposalDecided(_("There is no change to accept."), code="nothing_to_accept")
    return [change for key, change in known.items() if key in names]


def _require_support(resume: object, row: ResumeProposal, changes: Iterable[JsonObject], actor: Actor) -> None:
    now = sources_of(resume, actor=actor)
    # The entries are those the proposal was made for: what it put in itself is no source. The rows are today's.
    rows = {key: source for key, source in now.items() if ":" in key}
    sources = {source.id: source for source in resume_sources(row.base)} | rows
    lost: dict[str, list[str]] = {}
    for change in changes:
        for problem in support_problems(change["path"], change.get("claims", ()), row.base, sources):
            lost[change["id"]] = problem["words"]
    if lost:
        raise SourcesChanged(lost)


def _close(row: ResumeProposal, status: str, actor: Actor) -> None:
    row.status, row.decided_by, row.decided_at = status, actor.account, timezone.now()

"""Carry out writing tasks: through the gateway, validated, and on a page as a proposal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils.translation import gettext as _

from ai_cms.blocks.documents.provenance import Provenance, make_provenance
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for
from ai_cms.llm import gateway
from ai_cms.llm.exceptions import (
    LLMCancelled,
    LLMError,
    LLMInterrupted,
    LLMInvalidOutput,
    LLMOutputLimit,
    LLMTimeout,
    LLMUnavailable,
)
from ai_cms.llm.gateway.options import Carrier
from ai_cms.llm.handler import llms
from ai_cms.llm.messages import LLMRequest, TextDelta
from ai_cms.llm.models import AILog
from ai_cms.pages.models import AbstractPage, Proposal
from ai_cms.pages.services import create_proposal

from ..core.jsontypes import JsonMapping, JsonObject
from .exceptions import NoNewPage
from .library import note_use
from .partial import BlockReader
from .registry import Job, TaskResult, WritingTask, get_task

__all__ = ["Outcome", "as_of_now", "generate_text", "prepared"]

#: What ends a draft before it is whole; what had come until then is good.
_CUT_SHORT = (LLMCancelled, LLMInterrupted, LLMInvalidOutput, LLMOutputLimit, LLMTimeout, LLMUnavailable)

OnOperation = Callable[[JsonObject], Any]
OnProposal = Callable[[Proposal], Any]


@dataclass(frozen=True)
class Outcome:
    """What a task brought. ``proposal``: on a page, what waits for a decision there."""

    task: WritingTask
    result: TaskResult
    call: gateway.CallResult
    proposal: Proposal | None = None
    library: list[JsonObject] = field(default_factory=list)
    prompt: JsonObject = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        """Return the answer of the API."""
        usage = self.call.usage
        proposal = self.proposal
        return {
            "task": self.task.name,
            "output": self.result.output,
            "operations": self.result.operations,
            "fields": self.result.fields,
            "provenance": self.call.provenance(),
            "proposal": proposal.pk if proposal is not None else None,
            "page": proposal.page_id if proposal is not None else None,
            "usage": {
                "input_tokens": usage.input_tokens,
                "output_tokens": usage.output_tokens,
                "reported": usage.reported,
            },
            "call": self.call.call_id,
            "library": self.library,
            "prompt": self.prompt,
        }


def generate_text(
    name: str,
    payload: JsonMapping,
    *,
    actor: ActorLike,
    page: AbstractPage | None = None,
    parent: AbstractPage | None = None,
    on_operation: OnOperation | None = None,
    on_proposal: OnProposal | None = None,
    keep_partial: bool = True,
    run: Carrier | None = None,
    idempotency_key: str = "",
) -> Outcome:
    """Carry out the task ``name``; with ``page`` the changes become a proposal on it.

    ``parent``: the page below which a new, empty draft is made that the result is proposed on, by tasks that draft pages.
    ``on_operation``: called with each operation as soon as its block is complete and valid, for tasks that make blocks.
    ``on_proposal``: called with the proposal, in the transaction that makes it: an error undoes it.
    ``keep_partial``: where a person stops a draft, or it breaks off, propose the blocks that had arrived by then.
    ``run``: the run this is part of. Not to be called inside a transaction.
    Raises UnknownTask, InvalidPayload, PageNeeded, NoPage, NoNewPage, LLMError, ProposalStale (what was worked on has been
    changed meanwhile) and what permissions raise; then nothing is proposed, save the part that had come.
    """
    who = Actor.of(actor)
    task = get_task(name)
    if page is not None:
        # Before credits are spent, not after.
        policy_for(page).require(who, "propose", page)
        get_policy(Proposal).require(who, "add")
    job = prepared(task, who, payload, page, parent)
    request = task.request(job)
    options: dict[str, Any] = {
        "actor": who,
        "alias": task.alias(),
        "task": task.name,
        "target": page or parent,
        "run": run,
        "idempotency_key": idempotency_key,
    }
    shown: list[JsonObject] = []
    if task.streams_operations:
        try:
            call = _streamed(request, job, on_operation, options, shown)
        except _CUT_SHORT as error:
            if (call_id := getattr(error, "call_id", None)) is not None:
                note_use(job.told_versions(), call=call_id, task=task.name)
            if (page or parent) and shown and keep_partial:
                _keep_part(task, job, shown, error, on_proposal, stopped=_was_stopped(run))
            raise
    else:
        call = gateway.call(request, **options)
        _raise_if_stopped(run)
    note_use(job.told_versions(), call=call.call_id, task=task.name)
    result = task.finish(job, call.parsed)
    if shown:
        _keep_ids(result, shown)
    task.keep(job, result, _marks(job.actor, call.provenance()))
    proposal = None
    if (page or parent) and (result.operations or result.fields):
        proposal = _propose(task, job, result, call.provenance(), str(task.label), on_proposal)
        _say_what_is_missing(result, proposal)
    return Outcome(task, result, call, proposal, job.library_used(), job.prompt_used())


def prepared(
    task: WritingTask, actor: Actor, payload: JsonMapping, page: AbstractPage | None, parent: AbstractPage | None
) -> Job:
    """Return the job of a request that is valid and allowed; what is wrong with it is raised before credits are spent."""
    if page is not None and parent is not None:
        raise NoNewPage(with_page=True)
    job = task.prepare(actor, payload, page) if parent is None else task.prepare_below(actor, payload, parent)
    task.check_rights(job)
    return job


def _streamed(
    request: LLMRequest,
    job: Job,
    on_operation: OnOperation | None,
    options: dict[str, Any],
    shown: list[JsonObject],
) -> gateway.CallResult:
    """Read the answer as it comes and pass on each block once it is complete; ``shown`` holds those so far."""
    show = on_operation or _nobody_watches
    reader = BlockReader(job.material["types"], job.actor, job.material.get("addresses"))
    with gateway.stream(request, **options) as events:
        try:
            for event in events:
                if isinstance(event, gateway.Restarted):
                    reader = BlockReader(job.material["types"], job.actor, job.material.get("addresses"))
                    shown.clear()
                    show({"op": "restart"})
                elif isinstance(event, TextDelta):
                    for operation in reader.feed(event.text):
                        shown.append(operation)
                        show(operation)
        except _CUT_SHORT as error:
            error.call_id = events.call_id  # type: ignore[union-attr]
            raise
    assert events.result is not None  # noqa: S101 - the stream raises otherwise
    if not shown:
        # Answered at once, from a cache or by rules: what is there is shown all the same.
        for block in getattr(events.result.parsed, "blocks", []):
            operation = {"op": "insert", "block": block}
            shown.append(operation)
            show(operation)
    return events.result


def _marks(actor: Actor, source: JsonObject) -> Provenance:
    """Return the provenance of what ``source`` wrote for ``actor``."""
    return make_provenance(**source, by=actor.account.pk if actor.account is not None else None)


def _nobody_watches(operation: JsonObject) -> None:
    """Show an operation to nobody."""


def as_of_now(actor: Actor) -> Actor:
    """Return the actor with the rights of this moment: a model may have written for minutes, and some may be gone by now."""
    if actor.account is None:
        return actor
    user = get_user_model()._default_manager.filter(pk=actor.account.pk).first()
    return replace(actor, user=user or AnonymousUser(), memo={})


def _was_stopped(run: Carrier | None) -> bool:
    """Return whether a person has stopped the run, as opposed to its call having been given up."""
    return bool(getattr(getattr(run, "cancel", None), "cancelled", False))


def _raise_if_stopped(run: Carrier | None) -> None:
    """Raise LLMCancelled if the run was stopped while its answer came: whoever stops it wants no proposal."""
    if _was_stopped(run):
        raise LLMCancelled(reason="the run was cancelled")


def _keep_ids(result: TaskResult, shown: list[JsonObject]) -> None:
    """Give the result's blocks the ids under which they were shown, if they are the same blocks."""
    if len(shown) == len(result.operations):
        pairs = list(zip(shown, result.operations, strict=True))
        if all(_anonymous(one["block"]) == _anonymous(other["block"]) for one, other in pairs):
            result.operations = shown
            if len(result.output.get("blocks") or ()) == len(shown):
                result.output = {**result.output, "blocks": [operation["block"] for operation in shown]}


def _anonymous(block: JsonMapping) -> JsonObject:
    bare = {"type": block.get("type"), "props": block.get("props")}
    return {**bare, "children": [_anonymous(child) for child in block.get("children") or []]}


def _say_what_is_missing(result: TaskResult, proposal: Proposal | None) -> None:
    """Say in the output how many of the result's changes the proposal is without."""
    missing = len(result.operations) - len(proposal.operations) if proposal is not None else 0
    if proposal is not None and missing > 0:
        words = _("%(count)d of %(all)d changes are not in the proposal “%(title)s”.")
        told = words % {"count": missing, "all": len(result.operations), "title": proposal.title}
        result.output = {**result.output, "left_out": [*(result.output.get("left_out") or []), told]}


def _keep_part(
    task: WritingTask,
    job: Job,
    shown: list[JsonObject],
    error: LLMError,
    on_proposal: OnProposal | None,
    *,
    stopped: bool,
) -> None:
    """Propose what a draft had brought that a person stopped, that broke off, or that was longer than it may be."""
    if stopped:
        title = _("%(task)s (stopped)") % {"task": task.label}
    elif isinstance(error, LLMCancelled) or (isinstance(error, LLMInvalidOutput) and not error.truncated):
        return
    else:
        title = _("%(task)s (cut off)") % {"task": task.label}
    log = AILog.objects.filter(call=getattr(error, "call_id", None)).order_by("attempt").last()
    if log is None:
        return
    model = log.model_answered or log.model_asked
    source = {"source": llms[log.alias].provenance, **({"model": model} if model else {}), "call": str(log.pk)}
    proposal = _propose(task, job, TaskResult({}, list(shown)), source, title, on_proposal)
    if proposal is not None:
        error.extra.update(proposal=proposal.pk, page=proposal.page_id)


def _propose(
    task: WritingTask,
    job: Job,
    result: TaskResult,
    source: JsonObject,
    title: str,
    on_proposal: OnProposal | None,
) -> Proposal | None:
    job.actor = as_of_now(job.actor)
    with transaction.atomic():
        page, base = task.target(job, result)
        if not (result.operations or result.fields):
            # The other page says all this already.
            return None
        proposal = create_proposal(
            page,
            result.operations,
            actor=job.actor,
            title=title,
            fields=result.fields,
            provenance=_marks(job.actor, source),
            agent=str(source.get("model") or source["source"]),
            based_on=base,
        )
        if on_proposal is not None:
            on_proposal(proposal)
    return proposal

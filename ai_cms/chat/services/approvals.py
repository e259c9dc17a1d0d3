"""A person decides about a call that an agent wants to make."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.llm.models import Run, RunStatus
from ai_cms.llm.runs.events import append_events
from ai_cms.llm.runs.services import hand_over, resume_run

from ..exceptions import ApprovalClosed, PersonNeeded
from ..locks import lock_conversation
from ..models import ApprovalStatus, ToolApproval

__all__ = ["decide"]


def decide(approval: ToolApproval, *, approved: bool, actor: ActorLike) -> ToolApproval:
    """Approve or refuse a call; once all calls of the answer are decided, it goes on.

    Only for the person in whose name it would be carried out, who is logged in: a program's token decides nothing.
    Raises ApprovalClosed (decided, or too late), PersonNeeded and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(approval).require(who, "decide", approval)
    if who.scopes is not None or who.via not in ("session", "token"):
        raise PersonNeeded
    message = approval.message
    with transaction.atomic():
        lock_conversation(message.conversation_id)
        now = timezone.now()
        if not approval.settle(ApprovalStatus.APPROVED if approved else ApprovalStatus.REFUSED):
            raise ApprovalClosed(approval.status)
        told = [("approval_answered", {"id": str(approval.pk), "approved": approved})]
        open_ones = ToolApproval.objects.filter(message=message, status=ApprovalStatus.PENDING, expires_at__gt=now)
        run_id = message.run_id
        if run_id is None:
            return approval
        if open_ones.exists():
            # The watchers are told, and that the run still waits.
            waiting = Run.objects.filter(pk=run_id, status=RunStatus.REQUIRES_ACTION)
            append_events(waiting, run_id, [*told, ("requires_action", {})])
            return approval
        resumed = resume_run(run_id, told, start=False)
    if resumed:
        hand_over(run_id)
    return approval

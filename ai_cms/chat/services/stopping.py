"""Stop what is being written."""

from __future__ import annotations

from typing import Any

from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.llm.models import Run
from ai_cms.llm.runs.services import cancel_run

from ..models import Message
from ..settling import settle_run

__all__ = ["stop_answers"]


def stop_answers(conversation: Any, *, actor: ActorLike, message: Message | None = None) -> int:
    """Stop the answers of ``conversation`` that are being written, or ``message`` alone; return their number.

    One's own; a moderator of a room stops those that others have called for, too. The text so far stays.
    Raises what permissions raise.
    """
    who = Actor.of(actor)
    policy = policy_for(conversation)
    policy.require(who, "post", conversation)
    rows = Message.objects.open().filter(conversation=conversation, run__finished_at__isnull=True)
    if message is not None:
        rows = rows.filter(pk=message.pk)
    runs = list(Run.objects.filter(pk__in=rows.values("run")))
    moderates = conversation.is_room and policy.can(who, "moderate", conversation)
    stopped = 0
    for run in runs:
        if who.account is not None and run.user_id == who.account.pk:
            run = cancel_run(run, actor=who)
        elif moderates:
            run = cancel_run(run, actor=Actor.system("moderator"))
        else:
            continue
        stopped += 1
        if run.is_finished:
            # One that waited is over at once; its answer too, for whoever looks next.
            settle_run(run)
    return stopped

"""Make, change and delete conversations of one person with an agent."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from ai_cms.core.exceptions import InvalidInput, PermissionRefused
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for
from ai_cms.llm.models import Run
from ai_cms.llm.runs.services import cancel_run

from .. import get_conversation_model
from ..locks import lock_conversation
from ..models import ConversationKind, Message
from ..validation import problems_of
from ..waking import wake_readers
from .agents import default_agent

__all__ = ["assign", "create_conversation", "delete_conversation", "stop_runs_of", "update_conversation"]


def create_conversation(*, actor: ActorLike, agent: Any = None, title: str = "", **values: Any) -> Any:
    """Make a conversation of the actor; without ``agent`` with the default one. Raises InvalidInput, PermissionRefused."""
    who = Actor.of(actor)
    model = get_conversation_model()
    get_policy(model).require(who, "add")
    if who.account is None:
        raise PermissionRefused
    conversation = model(
        owner=who.account,
        agent=agent if agent is not None else default_agent(actor=who),
        kind=ConversationKind.DIRECT,
        title=title,
        has_own_title=bool(title),
    )
    assign(conversation, values)
    conversation.save()
    return conversation


def update_conversation(conversation: Any, *, actor: ActorLike, **values: Any) -> Any:
    """Change a conversation or a room; fields that are not named stay. Raises InvalidInput and what permissions raise."""
    policy_for(conversation).require(actor, "change", conversation)
    with transaction.atomic():
        locked = lock_conversation(conversation.pk)
        if "title" in values:
            values["has_own_title"] = bool(values["title"])
        assign(locked, values)
        # Only what was named: counters and the branch that is shown may have moved on.
        locked.save(update_fields=[*values, "updated_at"])
    return locked


def delete_conversation(conversation: Any, *, actor: ActorLike) -> None:
    """Delete a conversation or a room with all its messages; what is being written is stopped. Raises what permissions raise."""
    policy_for(conversation).require(actor, "delete", conversation)
    stop_runs_of(conversation)
    key = conversation.pk
    conversation.delete()
    wake_readers(key)


def stop_runs_of(conversation: Any) -> None:
    """Stop all runs that write answers there."""
    rows = Message.objects.open().filter(conversation=conversation, run__finished_at__isnull=True)
    for run in Run.objects.filter(pk__in=rows.values("run")):
        cancel_run(run, actor=Actor.system("chat"))


def assign(conversation: Any, values: dict[str, Any]) -> None:
    """Set the fields of a conversation. Raises InvalidInput with messages by field."""
    for name, value in values.items():
        setattr(conversation, name, "/".join(filter(None, value.split("/"))) if name == "folder" else value)
    problems = problems_of(conversation)
    if problems:
        raise InvalidInput(errors=dict(problems))

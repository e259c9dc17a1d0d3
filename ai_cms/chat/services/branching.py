"""Another answer, another question, the rest of an answer: branches of a conversation."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import NotFound
from ai_cms.core.permissions import Actor, ActorLike, policy_for

from ..branches import latest_leaf
from ..locks import lock_conversation, next_change
from ..models import Message, MessageRole, MessageStatus
from ..recording import add_message, keep_counters
from .sending import Sent, agent_of, checked_content, handed_over, must_be, must_be_idle, start_answer

__all__ = ["continue_answer", "edit_and_branch", "regenerate", "select_branch"]

_CUT = (MessageStatus.STOPPED, MessageStatus.INTERRUPTED, MessageStatus.FAILED)


def regenerate(answer: Message, *, actor: ActorLike, agent: Any = None) -> Sent:
    """Have the question of ``answer`` answered once more, beside it. ``agent``: by another.

    Raises NotPossible, AnswerOpen, and what sending raises.
    """
    who, conversation = _begin(answer, actor)
    must_be(answer.role == MessageRole.ASSISTANT, _("Only an answer can be written anew."))
    with transaction.atomic():
        locked, answer = _locked(conversation, answer)
        question = answer.parent
        must_be(question is not None, _("There is no question to this answer any more."))
        assert question is not None  # noqa: S101 - for the type checker; must_be() has raised
        must_be(not answer.is_open, _("This answer is still being written."))
        if locked.is_room:
            # With whose rights and credits an agent answers, that person has to ask.
            must_be(question.author_id == who.account.pk, _("Only who asked can have it answered anew."))
        else:
            must_be_idle(locked)
        question.conversation = locked
        chosen = agent if agent is not None else answer.agent
        made = start_answer(question, agent_of(locked, chosen), who)
        locked.active_leaf = made.pk
        keep_counters(locked)
    return handed_over(Sent(question, [made]))


def edit_and_branch(message: Message, content: str, *, actor: ActorLike, agent: Any = None) -> Sent:
    """Ask otherwise: a sibling of one's own ``message``, answered. The old branch stays. Raises as regenerate()."""
    who, conversation = _begin(message, actor)
    must_be(not conversation.is_room, _("In a room, change the message itself."))
    must_be(message.role == MessageRole.USER, _("Only a question can be asked otherwise."))
    text = checked_content(content, empty=bool(message.attachments))
    with transaction.atomic():
        locked, message = _locked(conversation, message)
        must_be_idle(locked)
        asked = add_message(
            locked,
            role=MessageRole.USER,
            author=who.account,
            content=text,
            attachments=message.attachments,
            untrusted=message.untrusted,
            parent=message.parent,
        )
        made = start_answer(asked, agent_of(locked, agent), who)
        asked.run = made.run
        asked.save(update_fields=["run"])
        locked.active_leaf = made.pk
        keep_counters(locked)
    return handed_over(Sent(asked, [made]))


def continue_answer(answer: Message, *, actor: ActorLike) -> Sent:
    """Have an answer that was cut off go on where it ends, in the same row; an empty one is tried again.

    Raises NotPossible, AnswerOpen, and what sending raises.
    """
    who, conversation = _begin(answer, actor)
    with transaction.atomic():
        locked, answer = _locked(conversation, answer)
        question = answer.parent
        cut = answer.status in _CUT or (answer.status == MessageStatus.COMPLETE and answer.finish_reason == "length")
        must_be(answer.role == MessageRole.ASSISTANT and cut, _("This answer was not cut off."))
        must_be(question is not None, _("There is no question to this answer any more."))
        assert question is not None  # noqa: S101 - for the type checker; must_be() has raised
        if locked.is_room:
            must_be(question.author_id == who.account.pk, _("Only who asked can have it go on."))
        else:
            must_be_idle(locked)
        question.conversation = locked
        start_answer(question, agent_of(locked, answer.agent), who, answer=answer)
        answer.rounds = [_settled(item) for item in answer.rounds]
        answer.status, answer.error_code, answer.error_detail = MessageStatus.QUEUED, "", ""
        answer.change = next_change(locked)
        answer.save(update_fields=["run", "rounds", "status", "error_code", "error_detail", "change", "updated_at"])
        locked.active_leaf = latest_leaf(locked, answer.pk)
        keep_counters(locked)
    return handed_over(Sent(question, [answer]))


def select_branch(message: Message, *, actor: ActorLike) -> Any:
    """Show the branch that goes through ``message``; return the conversation. Raises what permissions raise."""
    conversation = message.conversation
    policy_for(conversation).require(actor, "change", conversation)
    with transaction.atomic():
        locked = lock_conversation(conversation.pk)
        must_be(not locked.is_room, _("A room has no branches."))
        must_be_idle(locked)
        locked.active_leaf = latest_leaf(locked, message.pk)
        locked.save(update_fields=["active_leaf"])
    return locked


def _begin(message: Message, actor: ActorLike) -> tuple[Actor, Any]:
    who = Actor.of(actor)
    policy_for(message.conversation).require(who, "post", message.conversation)
    must_be(not message.is_deleted, _("This message was deleted."))
    return who, message.conversation


def _locked(conversation: Any, message: Message) -> tuple[Any, Message]:
    locked = lock_conversation(conversation.pk)
    fresh = Message.objects.select_related("agent", "parent__author", "parent__agent").filter(pk=message.pk).first()
    if fresh is None:
        raise NotFound
    fresh.conversation = locked
    return locked, fresh


def _settled(item: dict[str, Any]) -> dict[str, Any]:
    """Return a round without calls that wait: what was to be decided is off."""
    calls = [
        call
        if call.get("state") == "done"
        else {**call, "state": "done", "ok": False, "result": "Nothing was done: the answer was cut off."}
        for call in item["calls"]
    ]
    return {**item, "calls": calls}

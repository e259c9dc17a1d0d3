"""Send a message: it, the empty answer, the run that writes it and the credits it may cost are there together, or none is."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import PermissionRefused, Unprocessable
from ai_cms.core.limits import check_limit
from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.llm import gateway
from ai_cms.llm.models import Run, RunStatus
from ai_cms.llm.redaction import storable
from ai_cms.llm.runs.services import hand_over, resume_run, start_run
from ai_cms.llm.runs.sweeping import sweep_runs
from ai_cms.llm.workers import is_gone

from ..answering import HANDLER, answer_request
from ..attachments import attached
from ..conf import chat_settings
from ..context import context_for
from ..exceptions import AnswerOpen, InvalidMessage, NoAgent, NotPossible, TooManyAnswers
from ..locks import lock_conversation, lock_user
from ..models import ApprovalStatus, Member, Message, MessageRole, MessageStatus, ToolApproval
from ..recording import add_message, keep_counters
from ..settling import settle_run

__all__ = [
    "Sent",
    "agent_of",
    "checked_content",
    "handed_over",
    "must_be",
    "must_be_idle",
    "send_message",
    "sent_before",
    "start_answer",
]

#: Agents that one message may call.
MOST_MENTIONS = 3
#: Messages that one member sends into rooms, and the seconds in which; ``RATE_LIMITS["chat_messages"]`` says otherwise.
ROOM_MESSAGES = (60, 60)
_WORD_CHARACTER = re.compile(r"\w")


@dataclass
class Sent:
    """A message and the answers to it; ``created``: false where it had been sent before."""

    message: Message
    answers: list[Message] = field(default_factory=list)
    created: bool = True

    @property
    def runs(self) -> list[Run]:
        return [answer.run for answer in self.answers if answer.run is not None]


def send_message(
    conversation: Any,
    content: str,
    *,
    actor: ActorLike,
    attachments: Sequence[int] = (),
    client_id: str = "",
    request_key: str = "",
    reply_to: Message | None = None,
    agent: Any = None,
) -> Sent:
    """Send a message and have it answered: in a conversation by its agent, in a room by the agents it mentions.

    ``client_id``: the client's own id of the message, ``request_key``: of the request; either makes a repetition one message.
    ``agent``: who answers from here on, instead of the conversation's agent. While an answer is being written, the message is
    taken up by the same run at its next round. The answer goes on whoever leaves.
    Raises InvalidMessage, NoAgent, TooManyAnswers, LimitExceeded, LLMCreditsExhausted, Unprocessable (the key was used for
    another message) and what permissions raise.
    """
    who = Actor.of(actor)
    policy_for(conversation).require(who, "post", conversation)
    if who.account is None:
        raise PermissionRefused
    keys = {"client_id": client_id[:100] or None, "request_key": request_key[:100] or None}
    text = checked_content(content, empty=bool(attachments))
    digest = _digest(text, attachments, conversation)
    earlier = sent_before(conversation, who, digest, **keys)
    if earlier is not None:
        return earlier
    if conversation.is_room:
        # What is said in a conversation costs credits; what is said in a room costs the attention of its members.
        check_limit("chat_messages", f"user:{who.account.pk}", *ROOM_MESSAGES)
        answering = _mentioned(conversation, text, reply_to)
        parent_id = reply_to.pk if reply_to is not None else None
    else:
        answering = [agent_of(conversation, agent)]
        parent_id = conversation.active_leaf
    message = Message(
        conversation=conversation,
        role=MessageRole.USER,
        author=who.account,
        content=text,
        attachments=attached(who, attachments),
        parent_id=parent_id,
        request_hash=digest,
        **keys,
    )
    message.untrusted = bool(message.attachments)
    try:
        return _stored(conversation, message, answering, who)
    except IntegrityError:
        earlier = sent_before(conversation, who, digest, **keys)
        if earlier is None:
            raise
        return earlier


def sent_before(
    conversation: Any, actor: Actor, digest: str, *, client_id: str | None, request_key: str | None
) -> Sent | None:
    """Return what was sent by the same key before. Raises Unprocessable if that was something else."""
    mine = Message.objects.filter(author=actor.account).select_related("author", "run", "conversation")
    found = mine.filter(request_key=request_key).first() if request_key else None
    if found is None and client_id:
        found = mine.filter(conversation_id=conversation.pk, client_id=client_id).first()
    if found is None:
        return None
    if found.request_hash != digest:
        raise Unprocessable(_("This key was used for another message."), code="idempotency_key_reused")
    answers = found.children.filter(role=MessageRole.ASSISTANT).select_related("agent", "run", "conversation")
    return Sent(found, list(answers.order_by("number")[:MOST_MENTIONS]), created=False)


def checked_content(content: str, *, empty: bool = False) -> str:
    """Return the text of a message as it is stored. Raises InvalidMessage."""
    text = storable(content).strip()
    if not text and not empty:
        raise InvalidMessage("content", _("Write something."))
    most = chat_settings.CHAT_MESSAGE_CHARACTERS
    if len(text) > most:
        raise InvalidMessage("content", _("At most %(most)d characters.") % {"most": most})
    return text


def start_answer(question: Message, agent: Any, actor: Actor, *, answer: Message | None = None) -> Message:
    """Make the run that answers ``question``, in the transaction that has locked its conversation; return the answer.

    Whoever calls this hands the run over after the transaction. ``answer``: an earlier one that is continued. Raises
    TooManyAnswers, LLMCreditsExhausted.
    """
    conversation = question.conversation
    lock_user(actor.account)
    busy = Run.objects.filter(
        user=actor.account, handler=HANDLER, status__in=(RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.CANCELLING)
    )
    if busy.count() >= chat_settings.CHAT_ANSWERS_PER_USER:
        raise TooManyAnswers
    run = start_run(HANDLER, {"conversation": str(conversation.pk)}, actor=actor, target=conversation, start=False)
    request = answer_request(context_for(conversation, agent, question, answer=answer, read=False), agent, question)
    gateway.reserve(
        request,
        actor=actor,
        run_id=run.pk,
        alias=agent.llm_provider,
        task="chat",
        target=conversation,
        agent=agent.budget_key,
    )
    if answer is None:
        answer = add_message(
            conversation,
            role=MessageRole.ASSISTANT,
            agent=agent,
            parent=question,
            status=MessageStatus.QUEUED,
            run=run,
        )
    answer.run = run
    return answer


def _stored(conversation: Any, message: Message, answering: Sequence[Any], who: Actor) -> Sent:
    _sweep_if_dead(conversation)
    with transaction.atomic():
        locked = lock_conversation(conversation.pk)
        message.conversation = locked
        current = None if locked.is_room else _open_answer(locked)
        if not locked.is_room:
            message.parent_id = locked.active_leaf
        locked.last_number += 1
        locked.last_change += 1
        message.number, message.change = locked.last_number, locked.last_change
        message.save(force_insert=True)
        sent = Sent(message)
        if current is not None:
            sent.answers = [_steered(current, message, answering[0])]
        else:
            sent.answers = [start_answer(message, agent, who) for agent in answering]
        if sent.answers:
            message.run = sent.answers[0].run
            message.save(update_fields=["run"])
        fields = []
        if not locked.is_room:
            locked.active_leaf = sent.answers[-1].pk
            if locked.agent_id != answering[0].pk:
                locked.agent = answering[0]
                fields.append("agent")
        keep_counters(locked, *fields)
        if locked.is_room:
            Member.objects.filter(conversation=locked, user=who.account).update(last_read=locked.last_number)
    return handed_over(sent)


def handed_over(sent: Sent) -> Sent:
    """Have the runs of what was stored carried out; return it as it is then."""
    for run in sent.runs:
        hand_over(run.pk)
    keys = [sent.message.pk, *(answer.pk for answer in sent.answers)]
    fresh = Message.objects.select_related("agent", "author", "run", "conversation").in_bulk(keys)
    return Sent(fresh[sent.message.pk], [fresh[answer.pk] for answer in sent.answers])


def _steered(current: Message, message: Message, agent: Any) -> Message:
    """Give the run that is writing another answer to write next; what it waits for a person for is off."""
    pending = ToolApproval.objects.filter(message=current, status=ApprovalStatus.PENDING)
    events = [("approval_answered", {"id": str(row.pk), "approved": False}) for row in pending]
    pending.update(status=ApprovalStatus.REFUSED, decided_at=timezone.now())
    answer = add_message(
        message.conversation,
        role=MessageRole.ASSISTANT,
        agent=agent,
        parent=message,
        status=MessageStatus.QUEUED,
        run=current.run,
    )
    if current.status == MessageStatus.WAITING and current.run is not None:
        resume_run(current.run.pk, events, start=False)
    return answer


def _open_answer(conversation: Any) -> Message | None:
    rows = Message.objects.open().filter(conversation=conversation, run__finished_at__isnull=True)
    return rows.select_related("run").order_by("number").first()


def _sweep_if_dead(conversation: Any) -> None:
    """Mark an answer as interrupted whose process is gone, before anything is sent after it."""
    current = _open_answer(conversation)
    run = current.run if current is not None else None
    if run is None or run.status not in (RunStatus.RUNNING, RunStatus.CANCELLING):
        return
    if is_gone(run.worker) or (run.lease_until is not None and run.lease_until < timezone.now()):
        sweep_runs()
        run.refresh_from_db()
        if run.is_finished:
            settle_run(run)


def _mentioned(room: Any, text: str, reply_to: Message | None) -> list[Any]:
    """Return the agents of a room that a message calls: by ``@name``, or because it replies to one."""
    members = Member.objects.filter(conversation=room, agent__isnull=False).select_related("agent")
    listening: list[Any] = [member.agent for member in members]
    agents = sorted(listening, key=lambda agent: -len(agent.name))
    found: list[Any] = []
    lowered = text.lower()
    for agent in agents:
        mark = f"@{agent.name.lower()}"
        place = lowered.find(mark)
        while place >= 0:
            after = lowered[place + len(mark) : place + len(mark) + 1]
            if not _WORD_CHARACTER.match(after):
                found.append(agent)
                # A longer name that begins with a shorter one calls only itself.
                lowered = lowered.replace(mark, " " * len(mark))
                break
            place = lowered.find(mark, place + 1)
    if not found and reply_to is not None and reply_to.agent_id is not None:
        found = [agent for agent in agents if agent.pk == reply_to.agent_id]
    return [agent for agent in found if agent.is_active][:MOST_MENTIONS]


def _digest(text: str, attachments: Sequence[int], conversation: Any) -> str:
    whole = f"{conversation.pk}\n{list(attachments)}\n{text}"
    return hashlib.sha256(whole.encode("utf-8", "replace")).hexdigest()


def agent_of(conversation: Any, agent: Any) -> Any:
    """Return who answers: ``agent``, or else the conversation's. Raises NoAgent."""
    chosen = agent if agent is not None else conversation.agent
    if chosen is None or not chosen.is_active:
        raise NoAgent
    return chosen


def must_be_idle(conversation: Any) -> None:
    """Raise AnswerOpen while an answer of a direct conversation is being written."""
    if _open_answer(conversation) is not None:
        raise AnswerOpen


def must_be(condition: bool, detail: str) -> None:
    """Raise NotPossible unless ``condition`` holds."""
    if not condition:
        raise NotPossible(detail)

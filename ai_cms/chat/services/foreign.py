"""Take what clients of other protocols ask for: send, decide, write anew, or show again what is going on."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import ActorLike, get_policy, policy_for
from ai_cms.llm.models import RunEvent, RunStatus

from ..models import ApprovalStatus, Message, MessageRole, ToolApproval
from ..streams.frames import Position
from ..streams.incoming import Decision, Incoming
from .approvals import decide
from .branching import regenerate
from .sending import must_be, send_message

__all__ = ["Watched", "open_answer", "take_incoming", "watched"]

_DECIDED = {
    True: (ApprovalStatus.APPROVED, ApprovalStatus.USED),
    False: (ApprovalStatus.REFUSED,),
}


@dataclass(frozen=True, slots=True)
class Watched:
    """The run that a client is shown. ``message``: its first answer; ``after``: what the client has of it.

    ``repeated``: nothing was sent, decided or begun by the request.
    """

    run: UUID
    message: UUID
    after: Position = Position.START
    repeated: bool = False
    waits: bool = False


def watched(message: Message, *, after: Position = Position.START, repeated: bool = False) -> Watched | None:
    """Return the run of a message to be shown, ``None`` where there is none or some of it was deleted."""
    run = message.run
    if run is None:
        return None
    answers = Message.objects.filter(run=run, role=MessageRole.ASSISTANT).order_by("number")
    rows = list(answers.values_list("pk", "deleted_at"))
    if not rows or any(deleted is not None for _pk, deleted in rows):
        # The events hold the words that somebody has taken back.
        return None
    return Watched(run.pk, rows[0][0], after, repeated, run.status == RunStatus.REQUIRES_ACTION)


def open_answer(conversation: Any) -> Message | None:
    """Return the answer of a conversation that is being written, or waits for a person."""
    rows = Message.objects.open().filter(conversation=conversation, run__finished_at__isnull=True)
    return rows.select_related("run").order_by("number").first()


def take_incoming(conversation: Any, incoming: Incoming, *, actor: ActorLike, request_key: str = "") -> Watched:
    """Do what a client asks for in a direct conversation; return the run that it is to be shown.

    A message that was sent before, by its id with the client, is not sent again. Raises InvalidInput and what sending,
    deciding and regenerating raise.
    """
    policy_for(conversation).require(actor, "post", conversation)
    if incoming.left_out:
        raise InvalidInput(errors={"messages": [_("Only text can be sent here; send files with send_message.")]})
    if incoming.decisions:
        return _decided(conversation, incoming, actor)
    if incoming.regenerate:
        if request_key:
            # A key is kept with a message that is sent, and here is none: what is promised for it could not be held.
            raise InvalidInput(_("Leave the Idempotency-Key out: an answer is written anew each time it is asked for."))
        leaf = Message.objects.filter(conversation=conversation, pk=conversation.active_leaf).first()
        must_be(leaf is not None, _("There is no answer to write anew."))
        assert leaf is not None  # noqa: S101 - for the type checker; must_be() has raised
        return _shown(regenerate(leaf, actor=actor).answers[0])
    if incoming.text:
        client_id = _client_id(incoming.message)
        sent = send_message(conversation, incoming.text, actor=actor, client_id=client_id, request_key=request_key)
        return _shown(sent.answers[0] if sent.answers else sent.message, repeated=not sent.created)
    answer = open_answer(conversation)
    if answer is None:
        raise InvalidInput(errors={"messages": [_("The last message is to be a person's, with a text.")]})
    return _shown(answer, repeated=True)


def _decided(conversation: Any, incoming: Incoming, actor: ActorLike) -> Watched:
    if incoming.text and not _is_known(conversation, incoming.message):
        raise InvalidInput(errors={"messages": [_("Answer what was asked first, then write.")]})
    pairs = _approvals(conversation, incoming.decisions, actor)
    answer = pairs[0][0].message
    for approval, decision in pairs:
        # A client that lost the stream says it once more.
        if approval.status not in _DECIDED[decision.approved]:
            decide(approval, approved=decision.approved, actor=actor)
    return _shown(answer, after=_pause_before(pairs[0][0].message, {str(approval.pk) for approval, _decision in pairs}))


def _approvals(
    conversation: Any, decisions: Sequence[Decision], actor: ActorLike
) -> list[tuple[ToolApproval, Decision]]:
    """Return the stored requests that are answered, all of one run. Raises InvalidInput."""
    visible = get_policy(ToolApproval).visible(actor, ToolApproval.objects.select_related("message__run"))
    rows = {str(row.pk): row for row in visible.filter(message__conversation=conversation, pk__in=_ids(decisions))}
    if any(decision.approval not in rows for decision in decisions):
        raise InvalidInput(_("There is no such request to approve in this conversation."))
    if len({row.message.run_id for row in rows.values()}) != 1:
        raise InvalidInput(_("These answers are to requests of different runs."))
    return [(rows[decision.approval], decision) for decision in {item.approval: item for item in decisions}.values()]


def _ids(decisions: Sequence[Decision]) -> list[UUID]:
    found: list[UUID] = []
    for decision in decisions:
        try:
            found.append(UUID(decision.approval))
        except ValueError:
            continue
    return found


def _pause_before(answer: Message, answered: set[str]) -> Position:
    """Return where the stream ended in which the first of these was asked for."""
    kinds = ("requires_action", "approval_answered")
    rows = RunEvent.objects.filter(run=answer.run, type__in=kinds).order_by("seq")
    pause = 0
    for number, kind, data in rows.values_list("seq", "type", "data"):
        if kind == "requires_action":
            pause = number
        elif data.get("id") in answered:
            break
    return Position.of_pause(pause)


def _shown(message: Message, *, after: Position = Position.START, repeated: bool = False) -> Watched:
    fresh = Message.objects.select_related("run").get(pk=message.pk)
    found = watched(fresh, after=after, repeated=repeated)
    must_be(found is not None, _("This answer is not kept as events any more. Load the conversation."))
    assert found is not None  # noqa: S101 - for the type checker; must_be() has raised
    return found


def _is_known(conversation: Any, client_message: str) -> bool:
    key = _client_id(client_message)
    return bool(key) and Message.objects.filter(conversation=conversation, client_id=key).exists()


def _client_id(message: str) -> str:
    """Return a client's id of a message as it is stored: whole, or as a digest that is no other's."""
    return message if len(message) <= 100 else hashlib.sha256(message.encode("utf-8", "replace")).hexdigest()

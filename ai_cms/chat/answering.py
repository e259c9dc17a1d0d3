"""An answer comes about: the run of a message, carried out by whichever executor the site has.

::

    message ─► run ─► next answer of the run ─► context ─► model ─► tools ─► model … ─► the answer's row
                        ▲                                                                  │
                        └──────────── a message was sent meanwhile ◄───────────────────────┘

The rows are the truth: whoever leaves finds everything later. Nothing is locked and no transaction is open while a model thinks.
Every write names the run, so that an answer that was stopped or taken up by another run is left alone.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import policy_for
from ai_cms.llm import gateway
from ai_cms.llm.briefing import Briefing
from ai_cms.llm.exceptions import LLMCancelled, LLMInputTooLong, LLMToolLimit
from ai_cms.llm.handler import llms
from ai_cms.llm.messages import LLMRequest, LLMResponse, TextDelta
from ai_cms.llm.models import AILog, LLMCall
from ai_cms.llm.redaction import storable
from ai_cms.llm.runs.context import RunContext, run_handler
from ai_cms.llm.runs.events import RunLost, RunPaused

from .citing import CITING_TOOL, Citing
from .conf import chat_settings
from .context import Context, context_for
from .exceptions import NoAgent
from .locks import lock_conversation, next_change
from .models import Message, MessageStatus, ToolApproval
from .recording import change_message
from .summaries import sum_up
from .titles import title_from
from .toolwork import ToolWork, actor_of_now

__all__ = ["HANDLER", "answer_request", "write_answers"]

#: The name under which the runs of answers are started.
HANDLER = "chat_answer"


def answer_request(context: Context, agent: Any, question: Message, work: ToolWork | None = None) -> LLMRequest:
    """Return what a model is asked."""
    return LLMRequest(
        context.turns,
        model=agent.model,
        temperature=agent.temperature,
        max_tokens=agent.max_tokens,
        tools=[item.definition() for item in work.tools.values()] if work is not None else (),
        payload={"question": question.content},
    )


@run_handler(HANDLER)
def write_answers(run: RunContext) -> JsonObject:
    """Write the answers of a run, one after the other: those to what was sent meanwhile too."""
    sent = len(run.run.text)
    told: JsonObject = {}
    while (message := _next_answer(run, sent)) is not None:
        answer = Answer(run, message, sent)
        told = answer.write()
        sent = answer.sent
    return told


def _next_answer(run: RunContext, sent: int) -> Message | None:
    """Return the next answer of the run, as begun; of one that waited for a person the rest."""
    mine = Message.objects.filter(run_id=run.run_id)
    with transaction.atomic():
        conversation = lock_conversation(UUID(run.payload["conversation"]))
        waiting = mine.filter(status__in=(MessageStatus.WAITING, MessageStatus.QUEUED)).order_by("number")
        message: Message | None = waiting.select_related("agent", "parent__author", "parent__agent").first()
        if message is None:
            return None
        Message.objects.filter(pk=message.pk).update(
            status=MessageStatus.STREAMING, run_offset=sent, change=next_change(conversation)
        )
    message.status, message.conversation = MessageStatus.STREAMING, conversation
    return message


class Answer:
    """One answer that is being written. ``sent``: characters of text that the run has shown so far."""

    def __init__(self, run: RunContext, message: Message, sent: int) -> None:
        self.run = run
        self.message = message
        self.sent = sent
        self._pieces: list[str] = []
        self._calls: list[UUID] = []
        self._briefing = Briefing()
        self._rounds: list[JsonObject] = list(message.rounds)
        self._finish_reason = "stop"
        self._untrusted = message.untrusted
        self._citing = Citing(message)

    @property
    def agent(self) -> Any:
        """Who answers: there is one from the beginning of the work on."""
        return self.message.agent

    @property
    def text(self) -> str:
        return self.message.content + "".join(self._pieces)

    def write(self) -> JsonObject:
        """Write it to its end. Raises RunPaused where a person has to decide, and what ended it too early."""
        try:
            self._work()
        except (RunPaused, RunLost):
            raise
        except LLMCancelled as error:
            self._finish(MessageStatus.STOPPED, error)
            raise
        except RequestRefused as error:
            kept = bool(self.text.strip()) or bool(self._rounds)
            self._finish(MessageStatus.INTERRUPTED if kept else MessageStatus.FAILED, error)
            raise
        except Exception:
            # A mistake of ours: the run logs it, and tells nobody its inside.
            self._finish(
                MessageStatus.FAILED, RequestRefused(_("Something went wrong on our side."), code="internal_error")
            )
            raise
        return self._finish(MessageStatus.COMPLETE)

    def _work(self) -> None:
        message, agent = self.message, self.message.agent
        self.run.events.emit("step", {"message": str(message.pk), **({"agent": agent.name} if agent else {})})
        if agent is None or not agent.is_active or message.parent is None:
            raise NoAgent
        self._still_allowed()
        room = message.conversation.is_room
        work = ToolWork(message, agent, self.run.actor, self.run.events.emit, untrusted=self._untrusted, public=room)
        work.sources = self._citing.found
        self._citing.is_on = CITING_TOOL in work.tools or len(self._citing.found) > 0
        if self._rounds:
            self._settle(work, self._rounds[-1])
        context = self._context(work)
        while True:
            work.untrusted = self._untrusted = work.untrusted or context.untrusted
            response = self._generate(answer_request(context, agent, message.parent, work), work)
            if not response.tool_calls:
                return
            self._use_tools(work, response)
            if self._is_steered():
                return
            self._still_allowed()
            context = self._context(work)

    # The model

    def _context(self, work: ToolWork, limit: int | None = None) -> Context:
        """Return what the model is sent, after summing up what no longer fits."""
        message, agent = self.message, self.agent
        assert message.parent is not None  # noqa: S101 - looked at before
        message.rounds, message.untrusted = self._rounds, self._untrusted
        options: dict[str, Any] = {
            "answer": message,
            "tools": [item.definition() for item in work.tools.values()],
            "limit": limit,
        }
        context = context_for(message.conversation, agent, message.parent, **options)
        if context.overflow:
            made = sum_up(
                context.overflow,
                context.summary,
                agent=agent,
                actor=self.run.actor,
                conversation=message.conversation,
                run=self.run,
            )
            if made is not None:
                context = context_for(message.conversation, agent, message.parent, **options)
        self._briefing = context.briefing
        return context

    def _generate(self, request: LLMRequest, work: ToolWork) -> LLMResponse:
        try:
            return self._stream(request)
        except LLMInputTooLong:
            if self._pieces or self._rounds:
                raise
        # Our estimate was wrong, or the server's window is smaller than it says: half of it, once.
        context = self._context(work)
        context = self._context(work, limit=max(context.tokens // 2, 256))
        return self._stream(request.replace(messages=context.turns))

    def _stream(self, request: LLMRequest) -> LLMResponse:
        message, agent = self.message, self.agent
        begun, came = len(self._pieces), False
        self._citing.begin()
        reserved = LLMCall.objects.reservations().filter(run_id=self.run.run_id).values_list("pk", flat=True)
        reservation = None if self._calls else reserved.first()
        with gateway.stream(
            request,
            actor=self.run.actor,
            alias=agent.llm_provider,
            task="chat",
            target=message.conversation,
            target_label=str(message.conversation)[:200],
            agent=agent.budget_key,
            run=self.run,
            reservation=reservation,
        ) as events:
            self._calls.append(UUID(events.call_id))
            self._briefing.note(events.call_id)
            for event in events:
                if isinstance(event, TextDelta):
                    came = came or bool(event.text)
                    self._show(self._citing.feed(event.text), first=len(self._pieces) == begun)
                elif isinstance(event, gateway.Restarted):
                    came = False
                    self._begin_anew(begun, event.reason)
        result = events.result
        assert result is not None  # noqa: S101 - the stream raises otherwise
        message.model = result.log.model_answered or result.log.model_asked
        self._finish_reason = result.response.finish_reason
        # A backend that answers at once, or an answer that came whole.
        rest = "" if came else self._citing.feed(result.text)
        self._show(rest + self._citing.close(), first=len(self._pieces) == begun)
        response: LLMResponse = result.response
        return response

    def _show(self, piece: str, *, first: bool) -> None:
        piece = storable(piece)
        if not piece:
            return
        if first and self._rounds and self.text and not self.text.endswith("\n"):
            piece = f"\n\n{piece}"
        self.run.text(piece)
        self.sent += len(piece)
        self._pieces.append(piece)
        for told in self._citing.news():
            self.run.events.emit("citation", told)
        self._release_connection()

    def _release_connection(self) -> None:
        """Give the connection back that showing a piece has opened: the next may be minutes away, as the gateway does."""
        backend = llms[self.agent.llm_provider]
        if backend.makes_real_calls and connection.vendor == "postgresql" and not connection.in_atomic_block:
            connection.close()

    def _begin_anew(self, begun: int, reason: str) -> None:
        """Take back what came since ``begun``: the model begins its answer anew."""
        self.run.events.emit("restarted", {"reason": storable(reason)[:500]} if reason else {})
        del self._pieces[begun:]
        self._citing.begin_anew()
        self._save(MessageStatus.STREAMING)

    # Tools

    def _use_tools(self, work: ToolWork, response: LLMResponse) -> None:
        made = sum(len(item["calls"]) for item in self._rounds)
        if (
            len(self._rounds) >= chat_settings.CHAT_TOOL_ROUNDS
            or made + len(response.tool_calls) > chat_settings.CHAT_TOOL_CALLS
        ):
            raise LLMToolLimit(reason=f"{len(self._rounds)} rounds, {made} calls", received=True, partial=self.text)
        self.message.rounds = self._rounds
        done = work.begin(response.tool_calls, len(self.text))
        for call in done["calls"]:
            call["call"] = str(self._calls[-1])
        self._rounds.append(done)
        self._save(MessageStatus.STREAMING)
        self._still_allowed()
        asked = work.carry_out(done["calls"], self.run.check)
        self._untrusted = work.untrusted
        self._citing.keep_found(done)
        if asked:
            self._pause(asked)
        self._save(MessageStatus.STREAMING)

    def _pause(self, asked: list[ToolApproval]) -> None:
        """Have the run wait until a person has decided."""
        until = max(row.expires_at for row in asked)
        # At once, so that nobody decides before the run waits for it; the conversation first, as everybody locks it first.
        with transaction.atomic():
            lock_conversation(self.message.conversation_id)
            ToolApproval.objects.bulk_create(asked)
            self._save(MessageStatus.WAITING)
            for row in asked:
                told = {"id": str(row.pk), "call": row.call_id, "name": row.tool, "reason": row.reason}
                self.run.events.emit("approval_requested", {**told, "expires_at": row.expires_at.isoformat()})
            self.run.events.pause(until)
        raise RunPaused(until)

    def _settle(self, work: ToolWork, last: JsonObject) -> None:
        until = work.settle(last["calls"], self.run.check)
        self._untrusted = work.untrusted
        self._citing.keep_found(last)
        if until is None:
            self._save(MessageStatus.STREAMING)
            return
        with transaction.atomic():
            lock_conversation(self.message.conversation_id)
            self._save(MessageStatus.WAITING)
            self.run.events.pause(until)
        raise RunPaused(until)

    # The row

    def _still_allowed(self) -> None:
        """Raise NotFound or PermissionRefused where the person may not write here any more."""
        conversation = self.message.conversation
        policy_for(conversation).require(actor_of_now(self.run.actor), "post", conversation)

    def _is_steered(self) -> bool:
        """Return whether the person has sent something more, to be taken up before the model goes on."""
        return Message.objects.filter(run_id=self.run.run_id, status=MessageStatus.QUEUED).exists()

    def _save(self, status: str) -> None:
        """Store the text so far as settled: what the run shows from here on follows it. Raises RunLost."""
        content = self.text
        tokens = self._usage()["total_tokens"] if status == MessageStatus.WAITING else 0
        kept = change_message(
            self.message.conversation_id,
            self.message.pk,
            when={"run_id": self.run.run_id, "status": MessageStatus.STREAMING},
            content=content,
            rounds=self._rounds,
            citations=self._citing.cited.to_json(),
            untrusted=self._untrusted,
            status=status,
            tokens_used=self.message.tokens_used + tokens,
            run_offset=self.sent,
        )
        if not kept:
            raise LLMCancelled(reason="the answer was given up meanwhile")
        self.message.content, self._pieces = content, []

    def _finish(self, status: str, error: RequestRefused | None = None) -> JsonObject:
        message = self.message
        usage = self._usage()
        if error is None and self._calls:
            self.run.events.emit("usage", {"usage": usage})
        change_message(
            message.conversation_id,
            message.pk,
            when={"run_id": self.run.run_id, "status": MessageStatus.STREAMING},
            content=self.text,
            rounds=self._rounds,
            citations=self._citing.cited.to_json(),
            untrusted=self._untrusted,
            status=status,
            tokens_used=message.tokens_used + usage["total_tokens"],
            model=message.model,
            finish_reason=self._finish_reason if error is None else "",
            error_code=error.code[:60] if error is not None else "",
            error_detail=_told(error)[:500],
        )
        if error is None:
            title_from(message, self.text)
        return {"message": str(message.pk), "finish_reason": self._finish_reason, "usage": usage}

    def _usage(self) -> JsonObject:
        """Return what the calls of this answer have used, as it was settled."""
        logs = AILog.objects.filter(call_id__in=self._calls)
        sums = logs.aggregate(tokens_in=Sum("tokens_in", default=0), tokens_out=Sum("tokens_out", default=0))
        return {
            "input_tokens": sums["tokens_in"],
            "output_tokens": sums["tokens_out"],
            "total_tokens": sums["tokens_in"] + sums["tokens_out"],
            "model": self.message.model,
        }


def _told(error: RequestRefused | None) -> str:
    # The reason of an LLMError is for the log and the staff.
    return "" if error is None else str(error.detail)

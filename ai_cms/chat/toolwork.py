"""The tools of one answer: which there are, what runs at once, what waits for a person, and what a decision comes to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor
from ai_cms.core.strictjson import loads
from ai_cms.llm.messages import ToolCall
from ai_cms.llm.redaction import storable
from ai_cms.llm.retrieval import Sources
from ai_cms.llm.tools.registry import Tool, ToolContext, ToolResult, available_tools, execute_tool

from .conf import chat_settings
from .models import ApprovalStatus, Message, ToolApproval

__all__ = ["ToolWork", "actor_of_now", "arguments_of"]

Emit = Callable[[str, JsonObject], Any]


def actor_of_now(actor: Actor) -> Actor:
    """Return the actor with the rights of this moment: an answer may take minutes, and some may be gone by now."""
    if actor.account is None:
        return actor
    user = get_user_model()._default_manager.filter(pk=actor.account.pk).first()
    return replace(actor, user=user or AnonymousUser(), memo={})


def arguments_of(raw: str) -> JsonObject | None:
    """Return the arguments of a call as an object, ``None`` if the model wrote something else."""
    try:
        found = loads((raw or "{}").encode())
    except RequestRefused:
        return None
    return found if isinstance(found, dict) else None


class ToolWork:
    """Carry out the calls of the answer ``message``; ``emit`` tells the watchers.

    ``untrusted``: something that others wrote is in the context by now, so that every change needs a person. ``sources``:
    what the tools have found that may be cited.
    """

    def __init__(
        self, message: Message, agent: Any, actor: Actor, emit: Emit, *, untrusted: bool, public: bool
    ) -> None:
        self.message = message
        self.agent = agent
        self.actor = actor
        self.untrusted = untrusted
        self.sources = Sources()
        self._emit = emit
        self.tools: dict[str, Tool] = {item.name: item for item in self._available(public)}

    def _available(self, public: bool) -> list[Tool]:
        allowed = chat_settings.CHAT_TOOLS
        names = [name for name in self.agent.tools if allowed is None or name in allowed]
        found = available_tools(self.actor, names) if names else []
        # What only the person who asks may read must not be told to everybody in a room.
        return [item for item in found if item.public or item.risk != "read"] if public else found

    def begin(self, calls: Sequence[ToolCall], end: int) -> JsonObject:
        """Return the round that these calls make, none of them carried out yet."""
        taken = {call["id"] for item in self.message.rounds for call in item["calls"]}
        made: list[JsonObject] = []
        for call in calls:
            identity, number = storable(call.id)[:150] or "call", 2
            while identity in taken:
                identity, number = f"{storable(call.id)[:150] or 'call'}-{number}", number + 1
            taken.add(identity)
            made.append(
                {
                    "id": identity,
                    "name": storable(call.name)[:100],
                    "arguments": storable(call.arguments),
                    "state": "new",
                }
            )
        return {"end": end, "calls": made}

    def carry_out(self, calls: Sequence[JsonObject], check: Callable[[], None]) -> list[ToolApproval]:
        """Carry out the calls that may be at once, and ask a person about the others; return what is asked.

        ``check``: called between two, raises if the answer was stopped.
        """
        asked: list[ToolApproval] = []
        for call in calls:
            check()
            self._tell_call(call)
            result = self._execute(call, frozenset())
            if result.needs_approval:
                asked.append(self._ask(call, result))
            else:
                self._close(call, result)
        return asked

    def settle(self, calls: Sequence[JsonObject], check: Callable[[], None]) -> datetime | None:
        """Carry out what a person has approved; return until when what is still open may be decided, ``None`` if nothing is."""
        rows = {row.call_id: row for row in self.message.approvals.all()}
        open_until: datetime | None = None
        for call in calls:
            if call["state"] != "waiting":
                continue
            check()
            row = rows.get(call["id"])
            if row is not None and row.is_open:
                open_until = max(open_until or row.expires_at, row.expires_at)
                continue
            self._close(call, self._decided(call, row))
        return open_until

    def _decided(self, call: JsonObject, row: ToolApproval | None) -> ToolResult:
        wanted = ToolCall(call["id"], call["name"], call["arguments"])
        if row is None or row.status in (ApprovalStatus.PENDING, ApprovalStatus.EXPIRED):
            if row is not None:
                pending = ToolApproval.objects.filter(pk=row.pk, status=ApprovalStatus.PENDING)
                pending.update(status=ApprovalStatus.EXPIRED)
            return ToolResult(wanted, "Nothing was done: nobody has confirmed it in time.", ok=False)
        if row.status == ApprovalStatus.REFUSED:
            return ToolResult(wanted, "Nothing was done: the person has refused it. Do not ask for it again.", ok=False)
        # Once: whoever gets here a second time finds it used.
        approved = ToolApproval.objects.filter(pk=row.pk, status=ApprovalStatus.APPROVED)
        if not approved.update(status=ApprovalStatus.USED):
            return ToolResult(wanted, "Nothing was done: this was carried out before.", ok=False)
        result = self._execute(call, frozenset({row.digest}))
        if result.needs_approval:
            text = "Nothing was done: what this is about was changed after the person had looked at it."
            return ToolResult(wanted, text, ok=False)
        return result

    def _execute(self, call: JsonObject, approved: frozenset[str]) -> ToolResult:
        context = ToolContext(
            actor=replace(actor_of_now(self.actor), label=self.agent.name),
            request_id=call.get("call", ""),
            approved=approved,
            cautious=self.untrusted,
            extra={
                "conversation": str(self.message.conversation_id),
                "model": self.message.model,
                "sources": self.sources,
            },
        )
        return execute_tool(call["name"], call["arguments"], context, call_id=call["id"], offered=self.tools)

    def _ask(self, call: JsonObject, result: ToolResult) -> ToolApproval:
        item = self.tools[call["name"]]
        call["state"] = "waiting"
        call["reason"] = item.risk if item.needs_approval else "untrusted"
        return ToolApproval(
            message=self.message,
            user=self.actor.account,
            call_id=call["id"],
            tool=call["name"],
            arguments=call["arguments"],
            digest=result.key,
            reason=call["reason"],
            expires_at=timezone.now() + timedelta(seconds=chat_settings.CHAT_APPROVAL_SECONDS),
        )

    def _close(self, call: JsonObject, result: ToolResult) -> None:
        call |= {"state": "done", "ok": result.ok, "result": storable(result.text)}
        item = self.tools.get(call["name"])
        if result.ok and item is not None and not item.trusted:
            self.untrusted = True
        told: JsonObject = {"id": call["id"], "name": call["name"], "ok": result.ok}
        self._emit("tool_result", {**told, **({"output": call["result"]} if result.ok else {"error": call["result"]})})

    def _tell_call(self, call: JsonObject) -> None:
        arguments = arguments_of(call["arguments"])
        told: JsonObject = {"id": call["id"], "name": call["name"]}
        self._emit(
            "tool_call", {**told, **({"raw": call["arguments"]} if arguments is None else {"arguments": arguments})}
        )

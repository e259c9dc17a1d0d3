"""A message as its template is given it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor
from ai_cms.llm.tools.registry import ToolContext, preview_of

from ..markdown import render_markdown
from ..models import Message, MessageRole, MessageStatus, ToolApproval
from ..prompts import name_of
from .windows import Window

__all__ = ["message_contexts", "rendered_messages"]

TEMPLATE = "ai_cms/chat/message.html"
#: What is offered to react with; any other emoji by REST.
SIGNS = ("👍", "❤️", "😄", "🎉", "🤔", "👀")
_CUT = (MessageStatus.STOPPED, MessageStatus.INTERRUPTED, MessageStatus.FAILED)


def rendered_messages(
    request: HttpRequest, actor: Actor, conversation: Any, window: Window, messages: Sequence[Message]
) -> list[tuple[Message, SafeString]]:
    """Return ``messages`` of the window with their HTML."""
    made = message_contexts(actor, conversation, window, messages)
    return [(context["message"], render_to_string(TEMPLATE, context, request)) for context in made]


def message_contexts(
    actor: Actor, conversation: Any, window: Window, messages: Sequence[Message]
) -> list[dict[str, Any]]:
    """Return for each message what its template shows."""
    waiting: dict[Any, list[ToolApproval]] = {}
    keys = [row.pk for row in messages if row.status == MessageStatus.WAITING]
    for approval in ToolApproval.objects.filter(message__in=keys, user=actor.account) if keys else ():
        if approval.is_open:
            waiting.setdefault(approval.message_id, []).append(approval)
    me = actor.account.pk if actor.account is not None else None
    return [
        {
            "message": row,
            "conversation": conversation,
            "author": _author(row),
            "html": render_markdown(row.live_content),
            "mine": row.role == MessageRole.USER and row.author_id == me,
            "is_answer": row.role == MessageRole.ASSISTANT,
            # Others' runs are theirs to watch; what they write is seen by asking again.
            "watched": row.run if row.is_open and row.run is not None and row.run.user_id == me else None,
            "calls": [_shown_call(call) for item in row.rounds for call in item["calls"]],
            "approvals": [_shown_approval(found, actor) for found in waiting.get(row.pk, ())],
            "place": _place(row, window),
            "reactions": _reactions(row, me),
            "signs": SIGNS,
            "can_go_on": (row.status in _CUT and bool(row.content)) or row.finish_reason == "length",
            "was_cut": row.status in _CUT,
        }
        for row in messages
    ]


def _reactions(row: Message, me: object) -> list[JsonObject]:
    found: dict[str, JsonObject] = {}
    for reaction in row.reactions.all():
        entry = found.setdefault(reaction.emoji, {"emoji": reaction.emoji, "count": 0, "mine": False})
        entry["count"] += 1
        entry["mine"] = entry["mine"] or reaction.user_id == me
    return list(found.values())


def _author(row: Message) -> str:
    if row.role == MessageRole.ASSISTANT:
        return row.agent.name if row.agent is not None else ""
    return name_of(row.author) if row.author is not None else ""


def _place(row: Message, window: Window) -> JsonObject | None:
    """Return where a message stands among those in its place, ``None`` for one that is alone there."""
    others = window.siblings.get(str(row.pk))
    if not others:
        return None
    index = others.index(str(row.pk))
    return {
        "number": index + 1,
        "count": len(others),
        "previous": others[index - 1] if index else "",
        "next": others[index + 1] if index + 1 < len(others) else "",
    }


def _shown_approval(row: ToolApproval, actor: Actor) -> JsonObject:
    """Return what waits for a person, with what it would change, as that person may see it."""
    return {
        "row": row,
        "arguments": _pretty(row.arguments),
        "changes": preview_of(row.tool, row.arguments, ToolContext(actor)),
    }


def _shown_call(call: JsonObject) -> JsonObject:
    return {
        "name": call.get("name", ""),
        "arguments": _pretty(str(call.get("arguments", ""))),
        "result": str(call.get("result", ""))[:2_000],
        "state": call.get("state", ""),
        "failed": call.get("ok") is False,
    }


def _pretty(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments), ensure_ascii=False, indent=2)
    except ValueError:
        return arguments

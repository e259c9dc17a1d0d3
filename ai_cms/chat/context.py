"""What of a conversation a model is sent: as much as fits, the newest, and a summary of what went before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ai_cms.core.jsontypes import JsonObject
from ai_cms.llm.briefing import Briefing, brief
from ai_cms.llm.conf import gateway_settings
from ai_cms.llm.credits import ratios
from ai_cms.llm.handler import llms
from ai_cms.llm.messages import LLMRequest, TextPart, ToolCall, ToolDefinition
from ai_cms.llm.messages import Message as Turn
from ai_cms.llm.tokens import estimate_request

from .attachments import parts_of
from .branches import branch_of
from .conf import chat_settings
from .exceptions import NoAgent
from .models import ContextSummary, Message, MessageRole
from .prompts import CONTINUE, fenced, name_of, room_question, system_prompt

__all__ = ["Context", "Window", "context_for", "gauge_of", "window_of"]

#: Messages that are looked at: what is older is in the summary, or far beyond any window.
MOST_MESSAGES = 400
#: The share of the window that is kept free for what an estimate may be off by, in percent.
MARGIN = 5


@dataclass(frozen=True)
class Window:
    """How many tokens a model takes (``None`` if unknown), and how many of them a conversation may fill."""

    size: int | None
    limit: int


@dataclass
class Context:
    """What a model is sent. ``tokens``: the estimate; ``left_out``: messages before those that are sent.

    ``overflow``: messages that no longer fit and that no summary covers yet. ``untrusted``: some of it was written by others than
    the person who asks.
    """

    turns: list[Turn]
    window: Window
    tokens: int = 0
    left_out: int = 0
    summary: ContextSummary | None = None
    overflow: list[Message] = field(default_factory=list)
    untrusted: bool = False
    #: What it was told of the site.
    briefing: Briefing = field(default_factory=Briefing)

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.tokens / self.window.limit))


def window_of(agent: Any) -> Window:
    """Return the window of an agent's model."""
    size = llms[agent.llm_provider].context_window
    answer = agent.max_tokens or gateway_settings.LLM_MAX_OUTPUT_TOKENS
    if size is None:
        return Window(None, chat_settings.CHAT_CONTEXT_TOKENS)
    return Window(size, max(size * (100 - MARGIN) // 100 - min(answer, size // 2), 256))


def context_for(
    conversation: Any,
    agent: Any,
    question: Message,
    *,
    answer: Message | None = None,
    tools: Sequence[ToolDefinition] = (),
    limit: int | None = None,
    read: bool = True,
) -> Context:
    """Return what ``agent`` is sent to answer ``question``.

    ``answer``: the answer so far, whose text and tool calls come last. ``limit``: tokens, instead of what the window allows.
    ``read``: false for an estimate, which opens no attachment.
    """
    window = window_of(agent)
    if limit is not None:
        window = replace(window, limit=limit)
    if conversation.is_room:
        return _room_context(conversation, agent, question, answer, tools, window, read)
    path = [*branch_of(conversation, question.parent_id, most=MOST_MESSAGES), question]
    summary = ContextSummary.objects.filter(message__in=path[:-1]).order_by("-message__number").first()
    begin = next((index + 1 for index, item in enumerate(path) if summary and item.pk == summary.message_id), 0)
    briefing = brief("chat")
    system = Turn.system(system_prompt(agent, tools=bool(tools), house=briefing.text))
    head = [system, *([_summary_turn(summary)] if summary else [])]
    tail = _so_far(answer, agent, read)
    items = [(message, _turns_of(message, agent, read)) for message in path[begin:]]
    sizes = [_size(turns, agent) for _message, turns in items]
    fixed = _size([*head, *tail], agent, tools)
    first = 0
    if fixed + sum(sizes) > window.limit:
        # To half of it, so that the next question does not meet the same wall.
        room = max(window.limit // 2, window.limit - fixed - window.limit // 4) - fixed
        first = len(items) - 1
        while first > 0 and sum(sizes[first - 1 :]) <= room:
            first -= 1
    kept = items[first:]
    return Context(
        turns=[*head, *(turn for _message, turns in kept for turn in turns), *tail],
        window=window,
        tokens=fixed + sum(sizes[first:]),
        left_out=(summary.covered if summary else 0) + first,
        summary=summary,
        overflow=[message for message, _turns in items[:first]],
        untrusted=any(message.untrusted for message in path) or bool(answer is not None and answer.untrusted),
        briefing=briefing,
    )


def _room_context(
    room: Any,
    agent: Any,
    question: Message,
    answer: Message | None,
    tools: Sequence[ToolDefinition],
    window: Window,
    read: bool,
) -> Context:
    """Return what an agent is sent in a room: all that was said before is material, but for what it is asked."""
    rows = Message.objects.alive().filter(conversation_id=room.pk, number__lt=question.number).exclude(content="")
    before = list(rows.select_related("author", "agent").order_by("-number")[:100])
    briefing = brief("chat")
    system = Turn.system(system_prompt(agent, room=str(room), tools=bool(tools), house=briefing.text))
    tail = _so_far(answer, agent, read)
    name = name_of(question.author)
    lines: list[tuple[str, str]] = []
    parts = parts_of(question.attachments, vision=_sees(agent), read=read)

    def turns() -> list[Turn]:
        text = room_question(lines, name, question.content)
        return [system, Turn.user([TextPart(text), *parts] if parts else text), *tail]

    tokens = _size(turns(), agent, tools)
    used = 0
    for message in before:
        who = name_of(message.author) if message.role == MessageRole.USER else str(message.agent or "agent")
        size = _size([Turn.user(f"{who}: {message.content}")], agent)
        if tokens + used + size > window.limit:
            break
        used += size
        lines.insert(0, (who, message.content))
    return Context(
        turns=turns(),
        window=window,
        tokens=tokens + used,
        left_out=len(before) - len(lines),
        # What others have said, and the agent's own instructions, which are of whoever has let it in.
        untrusted=True,
        briefing=briefing,
    )


def _summary_turn(summary: ContextSummary) -> Turn:
    return Turn.user(f"What was said before, summed up:\n{fenced(summary.text)}")


def _so_far(answer: Message | None, agent: Any, read: bool) -> list[Turn]:
    """Return the answer so far; one that was cut off in its text is asked to go on there."""
    if answer is None:
        return []
    turns = _turns_of(answer, agent, read)
    return [*turns, Turn.user(CONTINUE)] if turns and turns[-1].role == "assistant" else turns


def _turns_of(message: Message, agent: Any, read: bool) -> list[Turn]:
    """Return a message as a model reads it: an answer with the calls it made and what they came to."""
    if message.is_deleted or message.role == MessageRole.SYSTEM:
        return []
    if message.role == MessageRole.USER:
        parts = parts_of(message.attachments, vision=_sees(agent), read=read)
        return [Turn.user([TextPart(message.content), *parts] if parts else message.content)]
    turns: list[Turn] = []
    start = 0
    for item in message.rounds:
        calls = [ToolCall(call["id"], call["name"], call["arguments"]) for call in item["calls"]]
        turns.append(Turn.assistant(message.content[start : item["end"]].strip(), calls))
        turns += [Turn.tool(call["id"], call.get("result") or "Not carried out.") for call in item["calls"]]
        start = item["end"]
    rest = message.content[start:].strip()
    return [*turns, Turn.assistant(rest)] if rest else turns


def _sees(agent: Any) -> bool:
    return llms[agent.llm_provider].supports_vision


def _size(turns: Sequence[Turn], agent: Any, tools: Sequence[ToolDefinition] = ()) -> int:
    estimate = estimate_request(LLMRequest(turns, tools=tools))
    return ratios.input_tokens(agent.llm_provider, agent.model or llms[agent.llm_provider].model, estimate)


def gauge_of(conversation: Any) -> JsonObject:
    """Return how full the context of a conversation is, with what its next question would be sent."""
    agent = conversation.agent
    if agent is None:
        raise NoAgent
    question = Message(conversation=conversation, role=MessageRole.USER, parent_id=conversation.active_leaf)
    context = context_for(conversation, agent, question, read=False)
    return {
        "tokens": context.tokens,
        "limit": context.window.limit,
        "window": context.window.size,
        "percent": context.percent,
        "left_out": context.left_out,
        "summary": context.summary.text if context.summary is not None else None,
    }

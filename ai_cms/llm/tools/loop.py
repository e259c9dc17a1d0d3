"""A model and its tools, in turns, until it answers or a limit stops it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..exceptions import LLMToolLimit
from ..messages import LLMRequest, LLMResponse, Message, ToolCall, Usage
from .registry import Tool, ToolContext, ToolResult, as_tool, execute_tool

__all__ = ["MAX_CALLS", "MAX_ROUNDS", "ToolRun", "run_tools"]

MAX_ROUNDS = 8
MAX_CALLS = 16


@dataclass
class ToolRun:
    """What happened. ``messages``: the turns since the request, the answer included. ``pending``: calls that wait for a
    person's approval.
    """

    response: LLMResponse
    messages: list[Message] = field(default_factory=list)
    results: list[ToolResult] = field(default_factory=list)
    rounds: int = 0
    usage: Usage = field(default_factory=Usage)

    @property
    def pending(self) -> list[ToolCall]:
        return [result.call for result in self.results if result.needs_approval]


def run_tools(
    generate: Callable[[LLMRequest], LLMResponse],
    request: LLMRequest,
    context: ToolContext,
    offered: Iterable[Tool | Callable[[ToolContext, Any], object]],
    *,
    max_rounds: int = MAX_ROUNDS,
    max_calls: int = MAX_CALLS,
    on_result: Callable[[ToolResult], None] | None = None,
) -> ToolRun:
    """Call ``generate`` (the gateway) and the tools it asks for until it answers.

    ``offered``: tools, or functions that the decorator made tools of.

    A round is an answer that asks for tools. Raises LLMToolLimit, with the text so far and the usage of all calls, at
    the end of ``max_rounds`` or ``max_calls``; LLMError as ``generate`` raises it.
    """
    by_name = {item.name: item for item in map(as_tool, offered)}
    request = request.replace(tools=[item.definition() for item in by_name.values()])
    messages: list[Message] = []
    results: list[ToolResult] = []
    texts: list[str] = []
    usage = Usage()
    rounds = 0
    while True:
        response = generate(request)
        usage += response.usage
        if response.text:
            texts.append(response.text)
        calls = _with_unique_ids(response.tool_calls, {result.call.id for result in results})
        if not calls:
            messages.append(response.message())
            return ToolRun(response, messages, results, rounds, usage)
        rounds += 1
        turn = [Message.assistant(response.text, calls)]
        for call, repeated in zip(calls, _repeated_ids(response.tool_calls), strict=True):
            if rounds > max_rounds or len(results) >= max_calls:
                raise LLMToolLimit(
                    reason=f"{rounds} rounds, {len(results)} calls",
                    received=True,
                    partial="\n\n".join(texts),
                    usage=usage,
                    model=response.model,
                    request_id=response.request_id,
                )
            result = _execute(call, repeated, context, by_name)
            results.append(result)
            turn.append(Message.tool(call.id, result.text))
            if on_result is not None:
                on_result(result)
        messages += turn
        request = request.replace(messages=[*request.messages, *turn])


def _execute(call: ToolCall, repeated: bool, context: ToolContext, by_name: dict[str, Tool]) -> ToolResult:
    if repeated:
        return ToolResult(call, "Not run: another call of this answer has the same id. Give each its own.", ok=False)
    return execute_tool(call.name, call.arguments, context, call_id=call.id, offered=by_name)


def _repeated_ids(calls: Sequence[ToolCall]) -> list[bool]:
    return [call.id in {earlier.id for earlier in calls[:index]} for index, call in enumerate(calls)]


def _with_unique_ids(calls: Sequence[ToolCall], used: set[str]) -> list[ToolCall]:
    """Return ``calls`` with an id for each that no earlier one has: a history with two is refused by servers."""
    taken = set(used)
    result = []
    for call in calls:
        identity, number = call.id or "call", 2
        while identity in taken:
            identity = f"{call.id or 'call'}-{number}"
            number += 1
        taken.add(identity)
        result.append(replace(call, id=identity))
    return result

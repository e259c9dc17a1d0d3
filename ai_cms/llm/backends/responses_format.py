"""Requests and answers in the dialect of OpenAI's Responses API."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ai_cms.llm.exceptions import LLMInterrupted, LLMRefused
from ai_cms.llm.messages import FinishReason, LLMRequest, Message, StreamEvent, TextPart
from ai_cms.llm.schema import OutputSchema

from ...core.jsontypes import JsonMapping, JsonObject
from .assembly import Assembler, as_json_text, clean_text
from .chat_format import image_url, sent_arguments

__all__ = ["feed_responses", "responses_input", "responses_text", "responses_tools"]

_FAILED_FOR_GOOD = ("response.failed", "error")


def responses_input(messages: Sequence[Message], *, remote_images: bool) -> list[JsonObject]:
    """Return the messages as input items."""
    items: list[JsonObject] = []
    for message in messages:
        if message.role == "tool":
            output = clean_text(message.text)
            items.append({"type": "function_call_output", "call_id": message.tool_call_id, "output": output})
            continue
        content = _content(message, remote_images)
        if content:
            items.append({"role": message.role, "content": content})
        items.extend(
            {
                "type": "function_call",
                "call_id": call.id,
                "name": call.name,
                "arguments": sent_arguments(call.arguments),
            }
            for call in message.tool_calls
        )
    return items


def _content(message: Message, remote_images: bool) -> str | list[JsonObject]:
    if isinstance(message.content, str):
        return clean_text(message.content)
    return [
        {"type": "input_text", "text": clean_text(part.text)}
        if isinstance(part, TextPart)
        else {"type": "input_image", "image_url": image_url(part, remote_images)}
        for part in message.content
    ]


def responses_tools(request: LLMRequest) -> list[JsonObject]:
    """Return the tools as the API takes them."""
    return [
        {
            "type": "function",
            "name": tool.name,
            "description": tool.description,
            "parameters": dict(tool.parameters),
            "strict": False,
        }
        for tool in request.tools
    ]


def responses_text(schema: OutputSchema, *, limits: bool = False) -> JsonObject:
    """Return the ``text`` parameter that holds the answer to ``schema``."""
    sent = dict(schema.limited if limits else schema.schema)
    described = {"type": "json_schema", "name": schema.name, "strict": schema.strict, "schema": sent}
    return {"format": described}


def feed_responses(assembler: Assembler, data: JsonMapping) -> Iterator[StreamEvent]:
    """Take an event of a stream, or a whole response, into ``assembler``."""
    kind = data.get("type")
    if data.get("object") == "response":
        yield from _feed_whole(assembler, data)
        return
    if not isinstance(kind, str):
        return
    if kind == "response.output_text.delta" and isinstance(data.get("delta"), str):
        assembler.started = True
        yield from assembler.add_text(data["delta"])
    elif kind == "response.refusal.delta" and isinstance(data.get("delta"), str):
        assembler.started = True
        assembler.add_refusal(data["delta"])
    elif kind.startswith("response.reasoning") and isinstance(data.get("delta"), str):
        assembler.add_hidden(data["delta"])
    elif kind == "response.output_item.added":
        assembler.started = True
        item = data.get("item")
        if isinstance(item, dict) and item.get("type") == "function_call":
            yield from assembler.add_call(_index(data), id=_text(item, "call_id"), name=_text(item, "name"))
    elif kind == "response.function_call_arguments.delta":
        yield from assembler.add_call(_index(data), arguments=_text(data, "delta"))
    elif kind in ("response.completed", "response.incomplete", *_FAILED_FOR_GOOD):
        yield from _feed_end(assembler, kind, data)


def _feed_end(assembler: Assembler, kind: str, data: JsonMapping) -> Iterator[StreamEvent]:
    found = data.get("response")
    response: JsonMapping = found if isinstance(found, dict) else {}
    yield from _feed_figures(assembler, response)
    if kind in _FAILED_FOR_GOOD:
        _raise_failure(assembler, response.get("error") or data)
    if not assembler.delivered:
        # A refusal, and with some servers the whole answer, stands here alone.
        yield from _feed_output(assembler, response)
    assembler.ended = True
    yield from assembler.finish_with(_finish(response))


def _feed_whole(assembler: Assembler, response: JsonMapping) -> Iterator[StreamEvent]:
    if response.get("status") == "failed":
        _raise_failure(assembler, response.get("error"))
    assembler.started = True
    yield from _feed_output(assembler, response)
    yield from _feed_figures(assembler, response)
    yield from assembler.finish_with(_finish(response))


def _feed_output(assembler: Assembler, response: JsonMapping) -> Iterator[StreamEvent]:
    output = response.get("output")
    for index, item in enumerate(output if isinstance(output, list) else ()):
        if not isinstance(item, dict):
            continue
        if item.get("type") == "function_call":
            arguments = as_json_text(item.get("arguments"))
            yield from assembler.add_call(
                index, id=_text(item, "call_id"), name=_text(item, "name"), arguments=arguments
            )
        content = item.get("content")
        for part in content if isinstance(content, list) else ():
            if isinstance(part, dict) and part.get("type") == "output_text":
                yield from assembler.add_text(_text(part, "text"))
            elif isinstance(part, dict) and part.get("type") == "refusal":
                assembler.add_refusal(_text(part, "refusal"))


def _feed_figures(assembler: Assembler, response: JsonMapping) -> Iterator[StreamEvent]:
    assembler.model = _text(response, "model") or assembler.model
    assembler.request_id = assembler.request_id or _text(response, "id")
    usage = response.get("usage")
    if isinstance(usage, dict):
        yield from assembler.add_usage(
            usage.get("input_tokens"),
            usage.get("output_tokens"),
            cached=_detail(usage, "input_tokens_details", "cached_tokens"),
            reasoning=_detail(usage, "output_tokens_details", "reasoning_tokens"),
            total=usage.get("total_tokens"),
        )


def _raise_failure(assembler: Assembler, error: object) -> None:
    found: JsonMapping = error if isinstance(error, dict) else {}
    facts = {"received": True, **assembler.facts()}
    if _text(found, "code") in ("content_filter", "content_policy_violation"):
        raise LLMRefused(refusal=_text(found, "message"), reason="content filter", **facts)
    raise LLMInterrupted(reason=f"failed: {_text(found, 'code')} {_text(found, 'message')}"[:300], **facts)


def _finish(response: JsonMapping) -> FinishReason | None:
    if response.get("status") == "incomplete":
        details = response.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        return "content_filter" if reason == "content_filter" else "length"
    return "stop" if response.get("status") == "completed" else None


def _index(data: JsonMapping) -> int:
    index = data.get("output_index")
    return index if isinstance(index, int) and 0 <= index < 128 else 0


def _text(data: JsonMapping, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _detail(usage: JsonMapping, group: str, name: str) -> Any:
    details = usage.get(group)
    return details.get(name) if isinstance(details, dict) else 0

"""Requests and answers in the dialect of chat completions, which every compatible server speaks."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ai_cms.llm.exceptions import LLMUnsupported
from ai_cms.llm.messages import FinishReason, ImagePart, LLMRequest, Message, StreamEvent, TextPart
from ai_cms.llm.schema import OutputSchema

from ...core.jsontypes import JsonMapping, JsonObject
from .assembly import Assembler, as_json_text, clean_text

__all__ = ["chat_messages", "feed_chat", "finish_reason", "response_format", "schema_instruction", "tool_definitions"]

#: Fields of a delta that are not a model's thinking, and fields inside of others that are no words.
_KNOWN = frozenset(
    {"role", "content", "refusal", "tool_calls", "function_call", "annotations", "audio", "name", "id", "index"}
)
_NO_WORDS = frozenset({"type", "id", "format", "role", "index", "name", "signature"})

_FINISH: Mapping[str, FinishReason] = {
    "stop": "stop",
    "end_turn": "stop",
    "eos": "stop",
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "safety": "content_filter",
}


def chat_messages(messages: Sequence[Message], instruction: str = "", *, remote_images: bool) -> list[JsonObject]:
    """Return the messages as the API takes them; ``instruction`` is added to the system's turn."""
    result = [_message(message, remote_images) for message in messages]
    if instruction:
        if result and result[0]["role"] == "system" and isinstance(result[0]["content"], str):
            result[0]["content"] = f"{result[0]['content']}\n\n{instruction}".strip()
        else:
            result.insert(0, {"role": "system", "content": instruction})
    return result


def _message(message: Message, remote_images: bool) -> JsonObject:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": clean_text(message.text)}
    result: JsonObject = {"role": message.role}
    if isinstance(message.content, str):
        result["content"] = clean_text(message.content)
    else:
        result["content"] = [_part(part, remote_images) for part in message.content]
    if message.tool_calls:
        result["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": sent_arguments(call.arguments)},
            }
            for call in message.tool_calls
        ]
    return result


def sent_arguments(arguments: str) -> str:
    """Return a call's arguments for the history; servers that parse them fail on anything but an object."""
    try:
        return arguments if isinstance(json.loads(arguments), dict) else "{}"
    except (ValueError, RecursionError):
        return "{}"


def image_url(part: ImagePart, remote_images: bool) -> str:
    """Return an image as the URL to send: its data, or its address where the provider fetches addresses."""
    if part.data is not None:
        return f"data:{part.mime};base64,{base64.b64encode(part.data).decode()}"
    if not remote_images:
        raise LLMUnsupported(reason="this server takes images as data only")
    return part.url or ""


def _part(part: TextPart | ImagePart, remote_images: bool) -> JsonObject:
    if isinstance(part, TextPart):
        return {"type": "text", "text": clean_text(part.text)}
    return {"type": "image_url", "image_url": {"url": image_url(part, remote_images)}}


def tool_definitions(request: LLMRequest) -> list[JsonObject]:
    """Return the tools as the API takes them."""
    return [
        {
            "type": "function",
            "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
        }
        for tool in request.tools
    ]


def response_format(schema: OutputSchema, json_mode: str, *, limits: bool = False) -> JsonObject | None:
    """Return the ``response_format`` for a server of ``json_mode``, ``None`` where only the prompt can ask.

    ``limits``: send the schema with its lengths, counts, ranges and patterns.
    """
    sent = dict(schema.limited if limits else schema.schema)
    if json_mode == "json_schema":
        described = {"name": schema.name, "strict": schema.strict, "schema": sent}
        return {"type": "json_schema", "json_schema": described}
    if json_mode == "json_object+schema":
        return {"type": "json_object", "schema": sent}
    return {"type": "json_object"} if json_mode == "json_object" else None


def schema_instruction(schema: OutputSchema) -> str:
    """Return the words that ask for JSON where the server cannot be held to a schema."""
    return (
        "Answer with one JSON object that follows this JSON Schema, and with nothing else:\n"
        f"{json.dumps(schema.schema, ensure_ascii=False)}"
    )


def finish_reason(value: object) -> FinishReason | None:
    """Return a server's finish reason in our words; an unknown word is an end like another, except for an error."""
    if not isinstance(value, str) or not value or value == "error":
        return None
    return _FINISH.get(value.lower(), "stop")


def _parts_of(content: object) -> tuple[str, str]:
    """Return the text of a content and what it holds of the model's thinking."""
    if isinstance(content, str):
        return content, ""
    text: list[str] = []
    hidden: list[str] = []
    for part in content if isinstance(content, list) else [content]:
        if isinstance(part, str):
            text.append(part)
        elif isinstance(part, dict):
            shown = part.get("type") in (None, "text", "output_text") and isinstance(part.get("text"), str)
            (text if shown else hidden).append(part["text"] if shown else _strings(part))
    return "".join(text), "".join(hidden)


def _strings(value: object, name: str = "") -> str:
    """Return all words in a value; names and kinds are none."""
    if isinstance(value, str):
        return "" if name in _NO_WORDS else value
    if isinstance(value, dict):
        return "".join(_strings(inner, str(key)) for key, inner in value.items())
    return "".join(map(_strings, value)) if isinstance(value, list) else ""


def _hidden(delta: JsonMapping) -> str:
    """Return what a delta holds besides the answer: thinking, under whatever name; said under two, it counts once."""
    return max((_strings(value, name) for name, value in delta.items() if name not in _KNOWN), key=len, default="")


def feed_chat(assembler: Assembler, data: JsonMapping) -> Iterator[StreamEvent]:
    """Take a chunk of a stream or a whole completion into ``assembler``."""
    if isinstance(data.get("model"), str):
        assembler.model = data["model"] or assembler.model
    if isinstance(data.get("id"), str) and not assembler.request_id:
        assembler.request_id = data["id"]
    choices = data.get("choices")
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and choice.get("index", 0) in (0, None):
            yield from _feed_choice(assembler, choice)
    for usage in _usages(data):
        yield from assembler.add_usage(
            usage.get("prompt_tokens", usage.get("input_tokens")),
            usage.get("completion_tokens", usage.get("output_tokens")),
            cached=_detail(usage, "prompt_tokens_details", "cached_tokens"),
            reasoning=_detail(usage, "completion_tokens_details", "reasoning_tokens") or usage.get("reasoning_tokens"),
            total=usage.get("total_tokens"),
        )


def _usages(data: JsonMapping) -> Iterator[JsonMapping]:
    """Yield the reports of usage in a chunk: beside the choices, inside of one (Moonshot), or in a corner (Groq)."""
    choices = data.get("choices")
    corner = data.get("x_groq")
    holders = [*(choices if isinstance(choices, list) else ()), corner, data]
    for holder in holders:
        usage = holder.get("usage") if isinstance(holder, dict) else None
        if isinstance(usage, dict):
            yield usage
    # llama.cpp's own count, where the usage was not asked for or is not sent.
    timings = data.get("timings")
    if isinstance(timings, dict) and not isinstance(data.get("usage"), dict):
        cached = timings.get("cache_n")
        prompt, cached = timings.get("prompt_n"), cached if isinstance(cached, int) else 0
        if isinstance(prompt, int):
            yield {
                "prompt_tokens": prompt + cached,
                "completion_tokens": timings.get("predicted_n"),
                "prompt_tokens_details": {"cached_tokens": cached},
            }


def _detail(usage: JsonMapping, group: str, name: str) -> Any:
    details = usage.get(group)
    return details.get(name) if isinstance(details, dict) else 0


def _feed_choice(assembler: Assembler, choice: JsonMapping) -> Iterator[StreamEvent]:
    assembler.started = True
    delta = choice.get("delta") or choice.get("message")
    if isinstance(delta, dict):
        text, hidden = _parts_of(delta.get("content"))
        hidden = max(hidden, _hidden(delta), key=len)
        if hidden:
            assembler.add_hidden(hidden)
        if text:
            yield from assembler.add_text(text)
        if isinstance(delta.get("refusal"), str) and delta["refusal"]:
            assembler.add_refusal(delta["refusal"])
        calls = delta.get("tool_calls")
        for call in calls if isinstance(calls, list) else ():
            if isinstance(call, dict):
                yield from _feed_call(assembler, call)
    elif isinstance(choice.get("text"), str) and choice["text"]:
        yield from assembler.add_text(choice["text"])
    yield from assembler.finish_with(finish_reason(choice.get("finish_reason")))


def _feed_call(assembler: Assembler, call: JsonMapping) -> Iterator[StreamEvent]:
    raw_function = call.get("function")
    function: JsonMapping = raw_function if isinstance(raw_function, dict) else {}
    given = call.get("id")
    identity = given if isinstance(given, str) else ""
    name = function["name"] if isinstance(function.get("name"), str) else ""
    index = call.get("index")
    last = max(assembler.calls, default=-1)
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < 128:
        index = last + 1 if identity or name or last < 0 else last
    else:
        known = assembler.calls.get(index)
        if known is not None and name and known.name and identity != known.id:
            # Google numbers every call of an answer 0.
            index = last + 1
    yield from assembler.add_call(index, id=identity, name=name, arguments=as_json_text(function.get("arguments")))

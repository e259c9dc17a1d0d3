"""What of a prompt and an answer is kept: without secrets the host names, and in a form every database stores."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ..core.jsontypes import JsonObject
from .conf import gateway_settings
from .messages import ImagePart, LLMRequest, Message

__all__ = ["log_text", "redacted", "storable", "transcript"]

# PostgreSQL stores neither NUL nor lone surrogates, and a model may write either.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_MASK = "[…]"


def storable(text: str) -> str:
    """Return ``text`` with what a database refuses replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def log_text(text: str) -> str:
    """Return ``text`` as the AI log may keep it: redacted, or empty where prompts are not kept."""
    return redacted(text) if gateway_settings.LLM_LOG_PROMPTS else ""


def transcript(request: LLMRequest) -> list[JsonObject]:
    """Return the messages of ``request`` as the AI log may keep them; images by their size."""
    if not gateway_settings.LLM_LOG_PROMPTS:
        return []
    return [_turn(message) for message in request.messages]


def _turn(message: Message) -> JsonObject:
    turn: JsonObject = {"role": message.role, "content": redacted(message.text)}
    if message.images:
        turn["images"] = [_described(image) for image in message.images]
    if message.tool_calls:
        turn["tool_calls"] = [
            {"id": call.id, "name": call.name, "arguments": redacted(call.arguments)} for call in message.tool_calls
        ]
    if message.tool_call_id:
        turn["tool_call_id"] = message.tool_call_id
    return turn


def _described(image: ImagePart) -> str:
    return redacted(image.url) if image.url else f"{image.mime}, {len(image.data or b'')} bytes"


def redacted(text: str) -> str:
    """Return ``text`` in a storable form, without what ``LLM_REDACT`` matches."""
    text = storable(text)
    for pattern in _compiled(tuple(gateway_settings.LLM_REDACT)):
        text = pattern.sub(_MASK, text)
    return text


@lru_cache(maxsize=8)
def _compiled(patterns: Sequence[str]) -> list[re.Pattern[str]]:
    return [re.compile(pattern) for pattern in patterns]

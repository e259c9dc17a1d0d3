"""Carry out one call of a tool, and tell the model what came of it: also of what went wrong, with what to do next."""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import HttpResponse
from pydantic import ValidationError

from ai_cms.core.api.errors import refusal_for
from ai_cms.core.api.idempotency import check_key, run_keyed
from ai_cms.core.exceptions import (
    LimitExceeded,
    NotFound,
    PermissionRefused,
    RequestRefused,
    StaleVersion,
    Unavailable,
)
from ai_cms.core.models import IdempotencyRecord
from ai_cms.pages.conf import pages_settings

from ..core.jsontypes import JsonObject
from .exceptions import BadArguments, InputNeeded, ProtocolError
from .protocol import INVALID_PARAMS, Call
from .registry import Arguments, Context, Tool, available_tools
from .state import digest_of, open_state, seal_state

__all__ = ["call_tool", "failed"]

logger = logging.getLogger("ai_cms.mcp")

_NEXT = {
    StaleVersion: "Read the page again with read_page, and make the change for that version.",
    NotFound: "find_content lists what is there for you.",
    PermissionRefused: "Do not try it again; say what you would have done, or suggest it with propose.",
    Unavailable: "Try again later.",
}


def call_tool(call: Call, context: Context) -> JsonObject:
    """Return the result of ``tools/call``. Raises ProtocolError for what is no call of a tool."""
    name, raw = call.params.get("name"), call.params.get("arguments")
    raw = {} if raw is None else raw
    if not isinstance(name, str) or not isinstance(raw, dict):
        raise ProtocolError(INVALID_PARAMS, "tools/call needs a name, and arguments that are an object.")
    there = {item.name: item for item in available_tools(context.actor)}
    found = there.get(name)
    if found is None:
        # The same words for a tool that is unknown and for one that the token is too narrow for.
        return failed(f"There is no tool {name[:100]!r} for you. Tools: {', '.join(there) or 'none'}.")
    context = _with_answer(call, context, found, raw)
    try:
        return _told(_run(found, raw, context))
    except InputNeeded as needed:
        if context.can_ask and needed.url:
            return _asked(context, found, raw, needed)
        return failed(needed.text)
    except ProtocolError:
        raise
    except Exception as error:
        return _refused(error, found)


def failed(text: str) -> JsonObject:
    """Return a result that says what went wrong."""
    return {"content": [{"type": "text", "text": text}], "isError": True}


def _with_answer(call: Call, context: Context, found: Tool, raw: JsonObject) -> Context:
    """Return the context with what the client carried for us since its last call, once that is known to be ours."""
    state = call.params.get("requestState")
    if state is None:
        if call.params.get("inputResponses") is not None:
            raise ProtocolError(
                INVALID_PARAMS, "inputResponses answer nothing that was asked: requestState is missing."
            )
        return context
    if not call.stateless or not isinstance(state, str):
        raise ProtocolError(INVALID_PARAMS, "requestState is not of this call, or has expired. Call without it.")
    value = open_state(context.caller, found.name, raw, state, pages_settings.APPROVAL_SECONDS)
    return replace(context, asked_before=value)


def _run(found: Tool, raw: JsonObject, context: Context) -> JsonObject:
    arguments = found.read(raw)
    key = getattr(arguments, "idempotency_key", "")
    if not key:
        return _once(found, arguments, context)
    check_key(key)
    hashed = digest_of(found.name, {name: value for name, value in raw.items() if name != "idempotency_key"})
    work: Callable[[], HttpResponse] = lambda: HttpResponse(  # noqa: E731
        _json(_once(found, arguments, context)), content_type="application/json"
    )
    answer: Any = run_keyed(key, work, principal=context.caller.principal, request_hash=hashed, atomic=found.atomic)
    if isinstance(answer, IdempotencyRecord):
        kept: JsonObject = json.loads(answer.body)
        return {**kept, "repeated": True}
    done: JsonObject = json.loads(answer.content)
    return done


def _once(found: Tool, arguments: Arguments, context: Context) -> JsonObject:
    if found.scope == "read" or not found.atomic:
        value: JsonObject = found.function(context, arguments)
        return value
    refusal: RequestRefused | None = None
    with transaction.atomic():
        try:
            value = found.function(context, arguments)
        except RequestRefused as error:
            if not error.keeps_writes:
                raise
            # The text of a stale write, kept as a revision, is to be committed.
            refusal = error
    if refusal is not None:
        raise refusal
    return value


def _told(value: JsonObject) -> JsonObject:
    wrong = bool(value.pop("failed", False))
    return {"content": [{"type": "text", "text": _json(value)}], "isError": wrong}


def _asked(context: Context, found: Tool, raw: JsonObject, needed: InputNeeded) -> JsonObject:
    """Return a result by which the client may show its person where to decide."""
    request = {"method": "elicitation/create", "params": {"mode": "url", "message": needed.message, "url": needed.url}}
    return {
        "resultType": "input_required",
        "inputRequests": {"approval": request},
        "requestState": seal_state(context.caller, found.name, raw, needed.state),
    }


def _refused(error: Exception, found: Tool) -> JsonObject:
    if isinstance(error, ValidationError):
        error = BadArguments("; ".join(item["msg"] for item in error.errors()[:5]))
    refusal = refusal_for(error)
    if refusal is None:
        number = uuid.uuid4().hex[:12]
        logger.exception("The MCP tool %s failed (%s).", found.name, number)
        return failed(
            f"The tool failed ({number}). Do not try it again with the same arguments; tell a person the number."
        )
    return failed(_sentence(refusal))


def _sentence(refusal: RequestRefused) -> str:
    words = [f"Refused ({refusal.code}): {refusal.detail}"]
    if refusal.errors:
        words.append(_json(refusal.errors)[:4_000])
    current = getattr(refusal, "current_version", None)
    if current is not None:
        words.append(f"The page has version {current} by now.")
    if isinstance(refusal, LimitExceeded) and refusal.retry_after:
        words.append(f"Try again in {refusal.retry_after} seconds.")
    words += [hint for kind, hint in _NEXT.items() if isinstance(refusal, kind)][:1]
    return " ".join(words)


def _json(value: object) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"), default=None)

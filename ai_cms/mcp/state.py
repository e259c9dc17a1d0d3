"""Values that a client carries for us: signed, good for one caller and one thing, for a while."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.core import signing

from ..core.jsontypes import JsonMapping, JsonObject
from .exceptions import ProtocolError
from .principals import Caller
from .protocol import INVALID_PARAMS

__all__ = ["digest_of", "open_state", "open_upload", "seal_state", "seal_upload"]

_STATE = "ai_cms.mcp.state"
_UPLOAD = "ai_cms.mcp.upload"


def digest_of(tool: str, arguments: JsonMapping) -> str:
    """Return what stands for a call of a tool with these arguments."""
    return hashlib.sha256(json.dumps([tool, arguments], sort_keys=True).encode()).hexdigest()[:32]


def seal_state(caller: Caller, tool: str, arguments: JsonMapping, value: str) -> str:
    """Return ``value`` as a text that only the same caller can send back with the same call."""
    return signing.dumps([caller.principal, digest_of(tool, arguments), value], salt=_STATE)


def open_state(caller: Caller, tool: str, arguments: JsonMapping, state: str, max_age: int) -> str:
    """Return the value in a text of :func:`seal_state`. Raises ProtocolError: forged, late, of another caller or call."""
    try:
        principal, digest, value = signing.loads(state, salt=_STATE, max_age=max_age)
    except (signing.BadSignature, ValueError, TypeError):
        principal = digest = value = None
    if principal != caller.principal or digest != digest_of(tool, arguments):
        raise ProtocolError(INVALID_PARAMS, "requestState is not of this call, or has expired. Call without it.")
    return str(value)


def seal_upload(value: JsonMapping) -> str:
    """Return what an upload was registered for, as a part of an address."""
    return signing.dumps(value, salt=_UPLOAD, compress=True)


def open_upload(token: str, max_age: int) -> JsonObject | None:
    """Return what :func:`seal_upload` was given, ``None`` for a forged or late one."""
    try:
        found: Any = signing.loads(token, salt=_UPLOAD, max_age=max_age)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return found if isinstance(found, dict) else None

"""What the Model Context Protocol says of one message: which revision it is of, and whether it is well formed.

Two ways lead in. The stateless one (2026-07-28) carries its version and the client's abilities with every request, mirrored in
headers; the older ones begin with ``initialize``, of which nothing is remembered. Which of them it is, the header alone decides.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest

from ..core.jsontypes import JsonObject
from .exceptions import ProtocolError

__all__ = [
    "HANDSHAKE_VERSIONS",
    "HEADER_MISMATCH",
    "INTERNAL_ERROR",
    "INVALID_PARAMS",
    "INVALID_REQUEST",
    "METHOD_NOT_FOUND",
    "NEWEST_HANDSHAKE",
    "PARSE_ERROR",
    "STATELESS",
    "UNSUPPORTED_VERSION",
    "Call",
    "id_of",
    "read_call",
]

STATELESS = "2026-07-28"
NEWEST_HANDSHAKE = "2025-11-25"
#: The oldest differ in nothing that this server answers.
HANDSHAKE_VERSIONS = (NEWEST_HANDSHAKE, "2025-06-18", "2025-03-26", "2024-11-05")

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
HEADER_MISMATCH = -32020
UNSUPPORTED_VERSION = -32022

_VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
_ABILITIES_KEY = "io.modelcontextprotocol/clientCapabilities"
#: Which parameter of a method the header Mcp-Name repeats.
_NAMED = {"tools/call": "name", "prompts/get": "name", "resources/read": "uri"}
_ENCODED = re.compile(r"=\?base64\?(.*)\?=")


@dataclass(frozen=True)
class Call:
    """One message. ``id``: ``None`` of a notification. ``stateless``: of the revision without a handshake."""

    method: str
    id: str | int | None
    params: JsonObject
    stateless: bool
    abilities: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_notification(self) -> bool:
        return self.id is None


def id_of(body: object) -> str | int | None:
    """Return the id of a message, as far as it is readable."""
    found = body.get("id") if isinstance(body, dict) else None
    return found if isinstance(found, str) or (isinstance(found, int) and not isinstance(found, bool)) else None


def read_call(body: object, request: HttpRequest) -> Call:
    """Return the call that a body is. Raises ProtocolError."""
    if isinstance(body, list):
        raise ProtocolError(INVALID_REQUEST, "Send one message at a time; batches are not taken.")
    if not isinstance(body, dict) or body.get("jsonrpc") != "2.0":
        raise ProtocolError(INVALID_REQUEST, 'A message is an object with "jsonrpc": "2.0".')
    method, params = body.get("method"), body.get("params")
    if not isinstance(method, str):
        raise ProtocolError(INVALID_REQUEST, "The message names no method.")
    if "id" in body and id_of(body) is None:
        raise ProtocolError(INVALID_REQUEST, "The id of a message is a text or a whole number.")
    if params is not None and not isinstance(params, dict):
        raise ProtocolError(INVALID_PARAMS, "params is an object.")
    version = request.headers.get("Mcp-Protocol-Version")
    identity = id_of(body)
    if version is None or version in HANDSHAKE_VERSIONS:
        return Call(method, identity, params or {}, stateless=False)
    if version != STATELESS:
        supported = [STATELESS, *HANDSHAKE_VERSIONS[:2]]
        data = {"supported": supported, "requested": version[:100]}
        raise ProtocolError(
            UNSUPPORTED_VERSION, "This server does not speak the revision that was asked for.", data=data
        )
    if identity is None:
        return Call(method, None, params or {}, stateless=True)
    return Call(method, identity, params or {}, stateless=True, abilities=_envelope(method, params or {}, request))


def _envelope(method: str, params: JsonObject, request: HttpRequest) -> Mapping[str, Any]:
    """Return the abilities of the client, once the headers are known to say what the body says."""
    meta = params.get("_meta")
    if not isinstance(meta, dict) or _VERSION_KEY not in meta or _ABILITIES_KEY not in meta:
        raise ProtocolError(INVALID_PARAMS, f"params._meta needs {_VERSION_KEY} and {_ABILITIES_KEY}.")
    if meta[_VERSION_KEY] != STATELESS:
        raise ProtocolError(HEADER_MISMATCH, f"MCP-Protocol-Version and {_VERSION_KEY} differ.")
    if request.headers.get("Mcp-Method") != method:
        raise ProtocolError(HEADER_MISMATCH, "The header Mcp-Method does not name the method of the body.")
    name = params.get(_NAMED.get(method, ""))
    if name is not None and _decoded(request.headers.get("Mcp-Name")) != name:
        raise ProtocolError(HEADER_MISMATCH, f"The header Mcp-Name does not repeat params.{_NAMED[method]}.")
    abilities = meta[_ABILITIES_KEY]
    return abilities if isinstance(abilities, dict) else {}


def _decoded(value: str | None) -> str | None:
    """Return the value of a header that may be wrapped in base64, ``None`` if it is broken."""
    found = _ENCODED.fullmatch(value or "")
    if found is None:
        return value
    try:
        raw = base64.b64decode(found[1], validate=True)
        # One form for one value: other spellings of the same bytes match nothing.
        return raw.decode() if base64.b64encode(raw).decode() == found[1] else None
    except (binascii.Error, UnicodeDecodeError):
        return None

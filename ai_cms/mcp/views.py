"""The one address of the server, and the addresses of uploads."""

from __future__ import annotations

import logging
import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import AuthenticationFailed

from ai_cms.core.exceptions import InvalidInput, LimitExceeded, RequestRefused
from ai_cms.core.strictjson import loads

from ..core.jsontypes import JsonObject
from .answering import answer
from .calling import failed
from .conf import mcp_settings
from .exceptions import ProtocolError
from .principals import Caller, find_caller
from .protocol import INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR, Call, id_of, read_call

__all__ = ["server_view"]

logger = logging.getLogger("ai_cms.mcp")
#: JSON-RPC leaves these numbers to servers.
_NOT_ALLOWED = -32001
_TOO_MANY = -32003


@csrf_exempt
@require_http_methods(["POST"])
def server_view(request: HttpRequest) -> HttpResponseBase:
    """Answer one message of the Model Context Protocol with one JSON answer.

    Exempt from CSRF tokens, since cookies count for nothing here.
    """
    response = _answered(request)
    response["Cache-Control"] = "private, no-store"
    return response


def _answered(request: HttpRequest) -> HttpResponse:
    if not _origin_is_ours(request):
        return _error(None, ProtocolError(_NOT_ALLOWED, "This origin may not call the server.", status=403))
    refusal: LimitExceeded | None = None
    caller: Caller | None = None
    try:
        caller = find_caller(request)
    except AuthenticationFailed:
        return _unauthorised("Invalid token.")
    except LimitExceeded as error:
        refusal = error
    if caller is None and refusal is None:
        return _unauthorised("A bearer token is needed.")
    body: Any = None
    try:
        body = _body(request)
        call = read_call(body, request)
        if call.is_notification:
            return HttpResponse(status=202)
        if caller is None:
            return _limited(call, refusal)
        return _result(call, answer(call, caller, request))
    except ProtocolError as error:
        return _error(id_of(body), error)
    except Exception:
        number = uuid.uuid4().hex[:12]
        logger.exception("A message to the MCP server failed (%s).", number)
        return _error(id_of(body), ProtocolError(INTERNAL_ERROR, f"The server failed ({number}).", status=200))


def _origin_is_ours(request: HttpRequest) -> bool:
    """Return whether a browser's page may call: programs send no origin, pages of others do."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    own = f"{request.scheme}://{request.get_host()}"
    return origin in (own, *mcp_settings.MCP_ALLOWED_ORIGINS, *settings.CSRF_TRUSTED_ORIGINS)


def _body(request: HttpRequest) -> Any:
    try:
        return loads(request.body)
    except RequestDataTooBig:
        raise ProtocolError(INVALID_REQUEST, "The message is too large.", status=413) from None
    except InvalidInput as error:
        raise ProtocolError(PARSE_ERROR, error.detail) from None
    except RequestRefused as error:
        raise ProtocolError(INVALID_REQUEST, error.detail, status=error.status_code) from None


def _result(call: Call, result: JsonObject) -> HttpResponse:
    return JsonResponse({"jsonrpc": "2.0", "id": call.id, "result": result}, encoder=DjangoJSONEncoder)


def _error(identity: str | int | None, error: ProtocolError) -> HttpResponse:
    told: JsonObject = {"code": error.code, "message": error.message}
    if error.data is not None:
        told["data"] = error.data
    return JsonResponse({"jsonrpc": "2.0", "id": identity, "error": told}, status=error.status)


def _unauthorised(words: str) -> HttpResponse:
    response = _error(None, ProtocolError(_NOT_ALLOWED, words, status=401))
    challenge = 'Bearer realm="mcp"'
    if mcp_settings.MCP_RESOURCE_METADATA_URL:
        challenge += f', resource_metadata="{mcp_settings.MCP_RESOURCE_METADATA_URL}"'
    response["WWW-Authenticate"] = challenge
    return response


def _limited(call: Call, refusal: LimitExceeded | None) -> HttpResponse:
    """Say that there were too many requests: to a model as a result that it reads, else as an error."""
    wait = refusal.retry_after if refusal is not None else None
    words = refusal.detail if refusal is not None else ""
    if wait:
        words = f"{words} Try again in {wait} seconds."
    if call.method == "tools/call":
        result = failed(words)
        return _result(call, {"resultType": "complete", **result} if call.stateless else result)
    response = _error(call.id, ProtocolError(_TOO_MANY, words, status=429))
    if wait:
        response["Retry-After"] = str(wait)
    return response

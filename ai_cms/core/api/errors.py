"""One handler that turns whatever a view raises into the answer a client can read.

Field errors are ``{"field": ["message"]}``, everything else is ``{"detail": "…", "code": "…"}``.
"""

from __future__ import annotations

from typing import Any

import pydantic
from django.core.exceptions import (
    NON_FIELD_ERRORS,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    ValidationError,
)
from django.db import DatabaseError, InterfaceError
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from ai_cms.core.databases import database_refusal
from ai_cms.core.exceptions import InvalidInput, NotFound, PermissionRefused, RequestRefused, TooLarge

__all__ = ["exception_handler", "field_errors", "refusal_for"]


def exception_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Return the answer for ``error``; ``None`` lets it rise to Django's 500, for mistakes in the code."""
    if isinstance(error, exceptions.APIException):
        set_rollback()
        return _rest_framework_answer(error)
    refusal = refusal_for(error)
    if refusal is None:
        return None
    if not refusal.keeps_writes:
        set_rollback()
    headers = {} if refusal.retry_after is None else {"Retry-After": str(refusal.retry_after)}
    return Response(refusal.body(), status=refusal.status_code, headers=headers)


def refusal_for(error: Exception) -> RequestRefused | None:
    """Return ``error`` as something a client can be told, or ``None``."""
    match error:
        case RequestRefused():
            return error
        case Http404():
            return NotFound()
        case PermissionDenied():
            return PermissionRefused()
        case RequestDataTooBig():
            return TooLarge()
        case SuspiciousOperation() | UnreadablePostError():
            return InvalidInput("The request is malformed.", code="malformed")
        case ValidationError():
            return InvalidInput(errors=_django_errors(error))
        case pydantic.ValidationError():
            return InvalidInput(errors=field_errors(error))
        case DatabaseError() | InterfaceError():
            return database_refusal(error)
    return None


def field_errors(error: pydantic.ValidationError) -> dict[str, list[Any]]:
    """Return a pydantic error by top-level field: a sentence each, or ``loc``, ``type`` and ``msg`` deeper down."""
    found: dict[str, list[Any]] = {}
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        loc = [str(part) for part in item["loc"]]
        field, below = (loc[0], loc[1:]) if loc else (api_settings.NON_FIELD_ERRORS_KEY, [])
        entry: Any = {"loc": below, "type": item["type"], "msg": item["msg"]} if below else item["msg"]
        found.setdefault(field, []).append(entry)
    return found


def _rest_framework_answer(error: exceptions.APIException) -> Response:
    headers: dict[str, str] = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if getattr(error, "wait", None) is not None:
        headers["Retry-After"] = str(int(error.wait))  # type: ignore[attr-defined]
    detail = error.detail
    body: object
    if isinstance(detail, dict):
        body = detail
    elif isinstance(detail, list):
        body = {api_settings.NON_FIELD_ERRORS_KEY: detail}
    else:
        body = {"detail": detail, "code": getattr(detail, "code", error.default_code)}
    return Response(body, status=error.status_code, headers=headers)


def _django_errors(error: ValidationError) -> dict[str, list[Any]]:
    if not hasattr(error, "error_dict"):
        return {api_settings.NON_FIELD_ERRORS_KEY: list(error.messages)}
    named = error.message_dict
    return {(api_settings.NON_FIELD_ERRORS_KEY if k == NON_FIELD_ERRORS else k): list(v) for k, v in named.items()}

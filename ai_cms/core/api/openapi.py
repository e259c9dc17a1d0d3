"""How views describe themselves in the OpenAPI 3.1 schema."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from drf_spectacular import utils
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema
from drf_spectacular.utils import OpenApiParameter

from ..jsontypes import JsonObject
from .bodies import ActionSerializer

__all__ = [
    "ERROR_SCHEMA",
    "STALE_SCHEMA",
    "UNAVAILABLE_SCHEMA",
    "VALIDATION_SCHEMA",
    "AutoSchema",
    "BearerScheme",
    "SessionScheme",
    "extend_schema",
]

F = TypeVar("F", bound=Callable[..., Any])

ERROR_SCHEMA: JsonObject = {
    "type": "object",
    "description": "Why a request was refused.",
    "properties": {
        "detail": {"type": "string", "description": "A sentence for a person."},
        "code": {"type": "string", "description": "Stable, for programs."},
    },
    "required": ["detail", "code"],
}
VALIDATION_SCHEMA: JsonObject = {
    "description": "Messages by field, or a refusal of the whole request.",
    "anyOf": [
        {"$ref": "#/components/schemas/Error"},
        {"type": "object", "additionalProperties": True},
    ],
}
STALE_SCHEMA: JsonObject = {
    "allOf": [
        {"$ref": "#/components/schemas/Error"},
        {
            "type": "object",
            "properties": {"current_version": {"type": "integer"}},
            "required": ["current_version"],
        },
    ],
}
UNAVAILABLE_SCHEMA: JsonObject = {
    "description": "Why the service is unavailable: a refusal, or the notice of maintenance.",
    "anyOf": [
        {"$ref": "#/components/schemas/Error"},
        {
            "type": "object",
            "properties": {
                "detail": {"type": "string"},
                "key": {"const": "MAINTENANCE_MODE"},
                "CODE": {"const": "MAT503"},
            },
            "required": ["detail", "key", "CODE"],
        },
    ],
}
_WRITES = {"POST", "PUT", "PATCH", "DELETE"}
_RETRY = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}


class AutoSchema(SpectacularAutoSchema):
    """Add to each operation the errors that the base classes can answer and the headers they understand."""

    def get_override_parameters(self) -> list[Any]:
        if self.method not in _WRITES:
            return []
        if getattr(self.view, "hands_out_secrets", False):
            # Such answers may not be kept, so that the key is not looked at.
            return [self._if_match()] if self._is_versioned() else []
        key = OpenApiParameter(
            "Idempotency-Key",
            {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
            OpenApiParameter.HEADER,
            description="Repeating a request with the same key within 24 hours has one effect and one answer.",
        )
        return [key, self._if_match()] if self._is_versioned() else [key]

    def get_auth(self) -> list[Any]:
        found: list[Any] = super().get_auth()
        if getattr(self.view, "public", False) and {} not in found:
            found.append({})
        return found

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = dict(super()._get_response_bodies(direction))
        for status, body in self._error_bodies().items():
            bodies.setdefault(status, body)
        return dict(sorted(bodies.items()))

    def _map_basic_serializer(self, serializer: object, direction: object) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, ActionSerializer):
            schema["additionalProperties"] = False
        return schema

    def _error_bodies(self) -> JsonObject:
        writes = self.method in _WRITES
        found = {"400": _answer("The input is not valid.", "ValidationError")}
        found["401"] = _answer("The credentials are missing or not valid.", "Error")
        if not getattr(self.view, "public", False):
            found["403"] = _answer("The actor may not do this.", "Error")
        found["404"] = _answer("It does not exist, or the actor may not know that it does.", "Error")
        if writes:
            found["403"] = _answer("The actor may not do this.", "Error")
            found["409"] = _answer("The request is at odds with the current state.", "Error")
            if self._is_versioned():
                found["412"] = _answer("If-Match names an older version.", "StaleVersion")
            found["413"] = _answer("The body is too large.", "Error")
            if not getattr(self.view, "hands_out_secrets", False):
                found["422"] = _answer("The Idempotency-Key was used for another request.", "Error")
        found["415"] = _answer("The media type or charset is not understood.", "Error")
        found["429"] = _answer("Too many requests.", "Error", _RETRY)
        found["503"] = _answer("The service is unavailable for now.", "Unavailable", _RETRY)
        return found

    def _is_versioned(self) -> bool:
        """Return whether the operation takes ``If-Match``: by ``view.versioned`` (a bool, or a set of actions)."""
        versioned = getattr(self.view, "versioned", False)
        if isinstance(versioned, bool):
            return versioned
        return getattr(self.view, "action", None) in versioned

    def _if_match(self) -> OpenApiParameter:
        return OpenApiParameter(
            "If-Match",
            {"type": "string", "pattern": r'^(\*|(W/)?"v?\d{1,18}")$'},
            OpenApiParameter.HEADER,
            description='The ETag of the version the write is made for, as "v12". A stale one answers 412.',
        )


def extend_schema(**options: Any) -> Callable[[F], F]:
    """Describe a view's method as drf-spectacular's decorator of this name does, on top of :class:`AutoSchema`.

    Theirs builds on the host's ``DEFAULT_SCHEMA_CLASS`` when it decorates a method.
    """

    def decorate(target: F) -> F:
        if not inspect.isclass(target):
            target.kwargs = {"schema": AutoSchema, **getattr(target, "kwargs", {})}  # type: ignore[attr-defined]
        return utils.extend_schema(**options)(target)

    return decorate


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "ai_cms.core.api.authentication.BearerAuthentication"
    name = "bearerAuth"

    def get_security_definition(self, auto_schema: object) -> JsonObject:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An API token, made in the admin or by `manage.py create_token`.",
        }


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "ai_cms.core.api.authentication.SessionAuthentication"
    name = "cookieAuth"

    def get_security_definition(self, auto_schema: object) -> JsonObject:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "The session of the admin; unsafe methods also need the header X-CSRFToken.",
        }


def _answer(description: str, component: str, headers: JsonObject | None = None) -> JsonObject:
    answer: JsonObject = {
        "description": description,
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{component}"}}},
    }
    if headers:
        answer["headers"] = headers
    return answer

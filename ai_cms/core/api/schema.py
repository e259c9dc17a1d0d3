"""The OpenAPI 3.1 schema of everything that is registered, and its documentation page."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable
from typing import Any

from django.urls import include, path, reverse
from django.utils.translation import get_language
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.settings import patched_settings
from rest_framework.request import Request
from rest_framework.response import Response

import ai_cms
from ai_cms.core.conf import core_settings
from ai_cms.core.registry import Registry

from ..jsontypes import JsonObject
from .openapi import ERROR_SCHEMA, STALE_SCHEMA, UNAVAILABLE_SCHEMA, VALIDATION_SCHEMA, extend_schema
from .renderers import JSONRenderer
from .routers import api_router
from .tidy import allow_blank, lift_definitions, simplify_any
from .viewsets import ServiceView

__all__ = ["SchemaView", "build_schema", "cached_schema", "component_schemas"]

#: Component schemas that apps add: name to a function that returns the JSON Schema.
component_schemas: Registry[Callable[[], JsonObject]] = Registry("component schema")

_lock = threading.Lock()


def build_schema(prefix: str) -> JsonObject:
    """Return the OpenAPI document of the API mounted at ``prefix``, such as ``/api/``."""
    components = {name: build() for name, build in component_schemas.items()}
    components |= {
        "Error": ERROR_SCHEMA,
        "StaleVersion": STALE_SCHEMA,
        "Unavailable": UNAVAILABLE_SCHEMA,
        "ValidationError": VALIDATION_SCHEMA,
    }
    patches = {
        "OAS_VERSION": "3.1.0",
        "TITLE": core_settings.API_TITLE,
        "DESCRIPTION": "The REST interface of ai_cms.",
        "VERSION": ai_cms.__version__,
        "APPEND_COMPONENTS": {"schemas": components},
        "COMPONENT_SPLIT_REQUEST": True,
        "SCHEMA_PATH_PREFIX": "/" + prefix.strip("/"),
        "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
        # Choices stay where they are used: the hook names them across all apps, and cannot tell one "status" from
        # another.
        "POSTPROCESSING_HOOKS": [],
        "SECURITY": [],
        "SERVERS": [],
    }
    generator: Any = SchemaGenerator(  # type: ignore[no-untyped-call]
        patterns=[path(prefix.lstrip("/"), include(list(api_router.urls)))]
    )
    # drf-spectacular keeps its settings in one object of the process; patching it is not safe for threads.
    with _lock, patched_settings(patches):
        # A copy: what apps give is kept by them, and shared.
        schema: JsonObject = copy.deepcopy(generator.get_schema(request=None, public=True))
    lift_definitions(schema["components"]["schemas"], schema)
    simplify_any(schema)
    allow_blank(schema)
    _limit_queries(schema)
    return schema


def _limit_queries(schema: JsonObject) -> None:
    """Say of every text in a query what :func:`ai_cms.core.api.parsers.check_query` refuses."""
    for item in schema.get("paths", {}).values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()) if isinstance(operation, dict) else ():
                text = parameter["schema"] if parameter["in"] == "query" else {}
                if text.get("type") == "string" and not {"enum", "format", "pattern"} & set(text):
                    text.setdefault("maxLength", core_settings.QUERY_MAX_STRING)
                    text["pattern"] = r"^[^\u0000]*$"


_cache: dict[tuple[Any, ...], tuple[list[Any], JsonObject]] = {}


def cached_schema() -> JsonObject:
    """Return the document for the current URLconf and language, built once for each."""
    prefix = reverse("ai_cms_api:schema").removesuffix("schema/")
    patterns = list(api_router.urls)
    key = (prefix, get_language(), core_settings.API_TITLE, *map(id, patterns), *component_schemas)
    if key not in _cache:
        # The patterns are kept with it, so that their ids stay theirs.
        _cache[key] = (patterns, build_schema(prefix))
    return _cache[key][1]


class SchemaView(ServiceView):
    """The OpenAPI schema, as JSON or YAML."""

    renderer_classes = (JSONRenderer, OpenApiJsonRenderer, OpenApiYamlRenderer)

    @property
    def public(self) -> bool:  # type: ignore[override]
        return core_settings.API_DOCS_PUBLIC

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        return Response(cached_schema())

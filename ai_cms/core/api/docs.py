"""The documentation page of the REST interface: plain HTML made from the OpenAPI schema, without any script."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.text import slugify
from django.views import View

from ai_cms.core.conf import core_settings

from ..jsontypes import JsonObject
from .schema import cached_schema

__all__ = ["DocsView", "describe", "example_of"]

_METHODS = ("get", "post", "put", "patch", "delete")
_REF = "#/components/schemas/"
_DEEPEST_EXAMPLE = 6


class DocsView(View):
    """``GET /api/docs/``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the page; to people not logged in only with ``API_DOCS_PUBLIC``."""
        if not core_settings.API_DOCS_PUBLIC and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), login_url=_login_url())
        context = describe(cached_schema(), request.build_absolute_uri("/").rstrip("/"))
        response = render(request, "ai_cms/api/docs.html", context)
        if not core_settings.API_DOCS_PUBLIC:
            response["Cache-Control"] = "private, no-store"
        return response


def describe(schema: JsonObject, origin: str) -> JsonObject:
    """Return the schema as the template wants it: groups of operations and the component schemas.

    ``origin``: scheme and host for the example commands.
    """
    components = schema.get("components", {}).get("schemas", {})
    groups: dict[str, list[JsonObject]] = {}
    for path, item in schema.get("paths", {}).items():
        for method in _METHODS:
            if method in item:
                operation = _operation(method, path, item[method], components, origin)
                groups.setdefault(operation["tag"], []).append(operation)
    return {
        "info": schema.get("info", {}),
        "schema_url": reverse("ai_cms_api:schema"),
        "groups": [
            {"name": name, "anchor": f"tag-{slugify(name)}", "operations": operations}
            for name, operations in sorted(groups.items())
        ],
        "components": [
            {
                "name": name,
                "anchor": _anchor(name),
                "description": item.get("description", ""),
                "type": _type(item),
                "fields": _fields(item),
            }
            for name, item in sorted(components.items())
        ],
    }


def _operation(method: str, path: str, operation: JsonObject, components: JsonObject, origin: str) -> JsonObject:
    body = _content(operation.get("requestBody", {}))
    parameters = [
        {
            "name": parameter["name"],
            "place": parameter["in"],
            "required": parameter.get("required", False),
            "type": _type(parameter.get("schema", {})),
            "description": parameter.get("description", ""),
        }
        for parameter in operation.get("parameters", [])
    ]
    security = operation.get("security", [])
    return {
        "method": method.upper(),
        "path": path,
        "anchor": f"op-{slugify(operation.get('operationId', f'{method}-{path}'))}",
        "tag": (operation.get("tags") or ["other"])[0],
        "summary": operation.get("summary", ""),
        "description": operation.get("description", ""),
        "deprecated": operation.get("deprecated", False),
        "public": {} in security or not security,
        "parameters": parameters,
        "body": body and {**body, "fields": _fields(_resolve(body["schema"], components))},
        "responses": [
            {"status": status, "description": answer.get("description", ""), "content": _content(answer)}
            for status, answer in sorted(operation.get("responses", {}).items())
        ],
        "example": _curl(method, origin + path, operation, body, components),
    }


def _content(holder: JsonObject) -> JsonObject | None:
    """Return media type, schema and type of the first content of a request body or a response."""
    for media_type, content in holder.get("content", {}).items():
        schema = content.get("schema", {})
        return {"media_type": media_type, "schema": schema, "type": _type(schema)}
    return None


def _fields(schema: JsonObject) -> list[JsonObject]:
    required = set(schema.get("required", []))
    return [
        {
            "name": name,
            "type": _type(item),
            "required": name in required,
            "description": item.get("description", "") if isinstance(item, dict) else "",
        }
        for name, item in schema.get("properties", {}).items()
    ]


def _type(schema: object) -> list[dict[str, str]]:
    """Return a short type as pieces of text, with ``href`` where a piece is the name of a component."""
    if not isinstance(schema, dict) or not schema:
        return [{"text": "any"}]
    if "$ref" in schema:
        name, *below = schema["$ref"].removeprefix(_REF).split("/")
        # A definition inside of a component has no place of its own on the page; the component has.
        return [{"text": below[-1] if below else name, "href": f"#{_anchor(name)}"}]
    for word, glue in (("allOf", " & "), ("oneOf", " | "), ("anyOf", " | ")):
        if word in schema:
            return _joined([_type(item) for item in schema[word]], glue)
    if "enum" in schema:
        return [{"text": " | ".join(json.dumps(value, ensure_ascii=False) for value in schema["enum"])}]
    if "const" in schema:
        return [{"text": json.dumps(schema["const"], ensure_ascii=False)}]
    kind = schema.get("type", "any")
    kinds = kind if isinstance(kind, list) else [kind]
    if "array" in kinds:
        return [{"text": "list of "}, *_type(schema.get("items", {}))]
    text = " | ".join(kinds)
    return [{"text": f"{text} ({schema['format']})" if "format" in schema else text}]


def _joined(parts: list[list[dict[str, str]]], glue: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for part in parts:
        found += [{"text": glue}, *part] if found else part
    return found


def _curl(method: str, url: str, operation: JsonObject, body: JsonObject | None, components: JsonObject) -> str:
    lines = ["curl" if method == "get" else f"curl -X {method.upper()}", f"'{url}'"]
    if operation.get("security") and {} not in operation["security"]:
        lines.append("-H 'Authorization: Bearer aicms_…'")
    if body and body["media_type"] == "application/json":
        lines.append("-H 'Content-Type: application/json'")
        example = json.dumps(example_of(body["schema"], components), ensure_ascii=False)
        lines.append("-d '" + example.replace("'", "'\\''") + "'")
    elif body:
        lines.append("-F 'file=@…'")
    return " \\\n  ".join(lines)


def example_of(schema: object, components: JsonObject, depth: int = 0) -> Any:
    """Return a small value of that shape."""
    schema = _resolve(schema, components)
    for word in ("example", "default", "const"):
        if word in schema:
            return schema[word]
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("enum"):
        return schema["enum"][0]
    if depth > _DEEPEST_EXAMPLE:
        return {}
    kind = schema.get("type", "object" if "properties" in schema else "any")
    if isinstance(kind, list):
        kind = next((one for one in kind if one != "null"), "null")
    if kind == "object":
        wanted = schema.get("required") or list(schema.get("properties", {}))[:4]
        properties = schema.get("properties", {})
        return {name: example_of(properties.get(name, {}), components, depth + 1) for name in wanted}
    if kind == "array":
        return [example_of(schema.get("items", {}), components, depth + 1)]
    return {"string": "…", "integer": 1, "number": 1.5, "boolean": True, "null": None}.get(kind, {})


def _resolve(schema: object, components: JsonObject, seen: frozenset[str] = frozenset()) -> JsonObject:
    """Return the schema behind references; of alternatives the first, of a conjunction all properties."""
    if not isinstance(schema, dict):
        return {}
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        target: Any = components
        for part in name.split("/"):
            target = target.get(part, {}) if isinstance(target, dict) else {}
        return {} if name in seen else _resolve(target, components, seen | {name})
    if "allOf" in schema:
        parts = [_resolve(part, components, seen) for part in schema["allOf"]]
        return {
            **schema,
            "type": "object",
            "properties": {name: item for part in parts for name, item in part.get("properties", {}).items()},
            "required": [name for part in parts for name in part.get("required", [])],
        }
    for word in ("oneOf", "anyOf"):
        if schema.get(word):
            return _resolve(schema[word][0], components, seen)
    return schema


def _anchor(name: str) -> str:
    return f"schema-{name}"


def _login_url() -> str | None:
    """Return the admin's login where there is an admin; ``None`` for ``LOGIN_URL``."""
    try:
        return reverse("admin:login")
    except NoReverseMatch:
        return None

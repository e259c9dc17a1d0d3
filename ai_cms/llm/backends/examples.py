"""Values that satisfy a JSON Schema, always the same ones: the answers of a model in tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...core.jsontypes import JsonMapping, JsonObject

__all__ = ["example_of"]

_FORMATS = {
    "date": "2026-01-02",
    "date-time": "2026-01-02T03:04:05Z",
    "time": "03:04:05Z",
    "duration": "PT1H",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
#: References followed before a value is left out where it may be.
_DEPTH = 6


def example_of(schema: JsonMapping) -> Any:
    """Return a value of ``schema``. Patterns are not obeyed: give such a field an example in its model.

    A schema's ``examples`` and ``default`` are used where they are. Raises ValueError for one that only endless values
    satisfy.
    """
    return _value(schema, schema.get("$defs", {}), 0)


def _value(node: JsonMapping, definitions: JsonMapping, depth: int) -> Any:
    if "$ref" in node:
        if depth > _DEPTH:
            raise ValueError("The schema contains itself without an end.")
        return _value(definitions[node["$ref"].removeprefix("#/$defs/")], definitions, depth + 1)
    if "const" in node:
        return node["const"]
    for name in ("examples", "enum"):
        if node.get(name):
            return node[name][0]
    if "default" in node and node["default"] is not None:
        return json.loads(json.dumps(node["default"]))
    choices = node.get("anyOf") or node.get("oneOf") or node.get("allOf")
    if choices:
        return _first_possible(choices, definitions, depth)
    kind = node.get("type")
    if isinstance(kind, list):
        kind = next((name for name in kind if name != "null"), "null")
    if kind == "object" or "properties" in node:
        return _object(node, definitions, depth)
    if kind == "array":
        return _array(node, definitions, depth)
    if kind in ("integer", "number"):
        return _number(node)
    return {"boolean": True, "null": None}.get(str(kind)) if kind in ("boolean", "null") else _text(node)


def _first_possible(choices: list[JsonMapping], definitions: JsonMapping, depth: int) -> Any:
    # Null is last: a test wants to see a value.
    ordered = sorted(choices, key=lambda choice: choice.get("type") == "null")
    for choice in ordered:
        try:
            return _value(choice, definitions, depth)
        except ValueError:
            if choice is ordered[-1]:
                raise
    return None


def _object(node: JsonMapping, definitions: JsonMapping, depth: int) -> JsonObject:
    result: JsonObject = {}
    for name, child in node.get("properties", {}).items():
        try:
            result[name] = _value(child, definitions, depth)
        except ValueError:
            if name in node.get("required", ()):
                raise
    return result


def _array(node: JsonMapping, definitions: JsonMapping, depth: int) -> list[Any]:
    if "prefixItems" in node:
        return [_value(item, definitions, depth) for item in node["prefixItems"]]
    least = node.get("minItems", 0)
    items = node.get("items")
    if not isinstance(items, Mapping) or node.get("maxItems") == 0:
        return []
    try:
        return [_value(items, definitions, depth) for _ in range(max(least, 1))]
    except ValueError:
        if least:
            raise
        return []


def _number(node: JsonMapping) -> int | float:
    low, high = node.get("minimum"), node.get("maximum")
    if low is None and "exclusiveMinimum" in node:
        low = node["exclusiveMinimum"] + 1
    if high is None and "exclusiveMaximum" in node:
        high = node["exclusiveMaximum"] - 1
    step = node.get("multipleOf", 1)
    value = low if low is not None else min(step, high) if high is not None else step
    return int(value) if node.get("type") == "integer" else value


def _text(node: JsonMapping) -> str:
    if node.get("format") in _FORMATS:
        return _FORMATS[node["format"]]
    text = "text"
    least, most = node.get("minLength", 0), node.get("maxLength")
    if len(text) < least:
        text = (text * least)[:least]
    return text if most is None else text[:most]

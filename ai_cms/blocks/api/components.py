"""What the OpenAPI schema says of blocks and operations: a component for each type, and the unions of them.

``Block`` is what clients write, ``PublishedBlock`` what the public reads; ``type`` tells which component of a union it
is. Props that are not given stay absent, so no default is named here; ``GET /api/blocks/`` lists them.
"""

from __future__ import annotations

from typing import Any

from ai_cms.blocks.schema import document_schema
from ai_cms.core.api.schema import component_schemas

from ...core.jsontypes import JsonObject
from ..documents.operations import operations_schema
from ..types.registry import blocks

__all__ = ["block_component", "operation_component", "published_block_component", "register"]

_BLOCK = "#/components/schemas/Block"
_PUBLISHED = "#/components/schemas/PublishedBlock"
_OPERATION = "#/components/schemas/Operation"


def block_component() -> JsonObject:
    """Return the schema of a block of any type that needs no permission of its own."""
    types = [name for name, block_class in blocks.items() if block_class.block_meta.permission is None]
    schema = document_schema(types, ref_template=_BLOCK + "/$defs/{model}")
    return {
        "title": "Block",
        "description": "One block of a document, with all that is inside it.",
        **_for_openapi(schema["items"], schema["$defs"]),
        "$defs": {name: _for_openapi(part, schema["$defs"]) for name, part in schema["$defs"].items()},
    }


def published_block_component() -> JsonObject:
    """Return the schema of a block of any type, as it is in a publication."""
    schema = document_schema(published=True, ref_template=_PUBLISHED + "/$defs/{model}")
    return {
        "title": "PublishedBlock",
        "description": "One block of a published document. A type that the site no longer has may still be published.",
        **_for_openapi(schema["items"], schema["$defs"]),
        "$defs": {name: _for_openapi(part, schema["$defs"]) for name, part in schema["$defs"].items()},
    }


def operation_component() -> JsonObject:
    """Return the schema of an operation as clients send it."""
    schema = operations_schema(ref_template=_OPERATION + "/$defs/{model}")
    definitions = schema.pop("$defs")
    definitions["InsertOperation"]["properties"]["block"] = {"$ref": _BLOCK}
    definitions["UpdateOperation"]["properties"].pop("v")
    for definition in definitions.values():
        definition["required"] = ["op", *definition.get("required", [])]
    return {
        "title": "Operation",
        "description": "One change of a document.",
        **schema,
        "$defs": {name: _for_openapi(part, definitions) for name, part in definitions.items()},
    }


def _for_openapi(schema: object, definitions: JsonObject) -> Any:
    """Return a JSON Schema as generators of clients like it: no defaults, unions of blocks told apart by ``type``."""
    if schema is False:
        return {"not": {}}
    if not isinstance(schema, dict):
        return schema
    made = {key: value for key, value in schema.items() if key != "default"}
    for key in ("items", "additionalProperties"):
        if isinstance(made.get(key), dict):
            made[key] = _for_openapi(made[key], definitions)
    if made.get("items") is False:
        made |= {"items": {}, "maxItems": 0}
    if isinstance(made.get("properties"), dict):
        made["properties"] = {name: _for_openapi(part, definitions) for name, part in made["properties"].items()}
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(made.get(key), list):
            made[key] = [_for_openapi(part, definitions) for part in made[key]]
    mapping = _by_type(made.get("anyOf"), definitions)
    if mapping:
        made["oneOf"] = made.pop("anyOf")
        made["discriminator"] = {"propertyName": "type", "mapping": mapping}
    return made


def _by_type(parts: object, definitions: JsonObject) -> dict[str, str]:
    """Return which reference each type of block leads to; empty if the parts are not all of them blocks."""
    found = {}
    for part in parts if isinstance(parts, list) else ():
        name = str(part.get("$ref", "")).rpartition("/")[2]
        kind = definitions.get(name, {}).get("properties", {}).get("type", {})
        if not name.endswith("Node") or "const" not in kind:
            return {}
        found[kind["const"]] = part["$ref"]
    return found


def register() -> None:
    """Add the components to the schema."""
    component_schemas.register("Block", block_component)
    component_schemas.register("PublishedBlock", published_block_component)
    component_schemas.register("Operation", operation_component)

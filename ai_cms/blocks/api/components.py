"""The components ``Block`` and ``Operation`` of the OpenAPI schema."""

from __future__ import annotations

from typing import Any

from ai_cms.blocks.schema import document_schema
from ai_cms.core.api.schema import component_schemas

from ..documents.operations import operations_schema
from ..types.registry import blocks

__all__ = ["block_component", "operation_component", "register"]

_BLOCK = "#/components/schemas/Block"


def block_component() -> dict[str, Any]:
    """Return the schema of a block of any type that needs no permission of its own."""
    types = [name for name, block_class in blocks.items() if block_class.block_meta.permission is None]
    schema = document_schema(types, ref_template=_BLOCK + "/$defs/{model}")
    return {
        "title": "Block",
        "description": "One block of a document, with all that is inside it.",
        **schema["items"],
        "$defs": schema["$defs"],
    }


def operation_component() -> dict[str, Any]:
    """Return the schema of an operation as clients send it."""
    schema = operations_schema(ref_template="#/components/schemas/Operation/$defs/{model}")
    definitions = schema["$defs"]
    definitions["InsertOperation"]["properties"]["block"] = {"$ref": _BLOCK}
    definitions["UpdateOperation"]["properties"].pop("v")
    return {"title": "Operation", "description": "One change of a document.", **schema}


def register() -> None:
    """Add the components to the schema."""
    component_schemas.register("Block", block_component)
    component_schemas.register("Operation", operation_component)

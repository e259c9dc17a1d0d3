"""The parts of the schema that several operations share: blocks and operations as they are stored.

What clients write is described by ``Block`` and ``Operation`` of ``ai_cms.blocks``. A draft may hold more than those
allow: values that are still wrong, types that are no longer registered.
"""

from __future__ import annotations

from ai_cms.core.api.schema import component_schemas

from ...core.jsontypes import JsonObject

__all__ = ["stored_block", "stored_operation"]

_BLOCK = {"$ref": "#/components/schemas/StoredBlock"}
_ID = {"type": "string", "pattern": "^[a-z0-9-]{1,64}$"}


def stored_block() -> JsonObject:
    """Return the JSON Schema of a block of a draft."""
    return {
        "type": "object",
        "description": "A block of a draft; its props may still be wrong, see warnings.",
        "properties": {
            "id": {**_ID, "description": "Unique in the document, kept for the block's life."},
            "type": {"type": "string"},
            "v": {"type": "integer", "description": "The version of the block class."},
            "props": {"type": "object", "additionalProperties": True},
            "children": {"type": "array", "items": _BLOCK},
            "meta": {
                "type": "object",
                "additionalProperties": True,
                "description": "locked and placeholder; provenance says who or which model wrote the block.",
            },
        },
        "required": ["id", "type"],
    }


def stored_operation() -> JsonObject:
    """Return the JSON Schema of an operation as it was applied."""
    return {
        "type": "object",
        "description": "An operation as it was applied, ids filled in.",
        "properties": {
            "op": {"enum": ["insert", "update", "move", "remove"]},
            "id": _ID,
            "block": _BLOCK,
            "parent": {"type": ["string", "null"]},
            "after": {"type": ["string", "null"]},
            "before": {"type": ["string", "null"]},
            "props": {"type": ["object", "null"], "additionalProperties": True},
            "replace": {"type": "boolean"},
            "meta": {"type": ["object", "null"], "additionalProperties": True},
            "v": {"type": ["integer", "null"]},
            "prune": {"type": "boolean"},
        },
        "required": ["op"],
    }


component_schemas.register("StoredBlock", stored_block)
component_schemas.register("StoredOperation", stored_operation)

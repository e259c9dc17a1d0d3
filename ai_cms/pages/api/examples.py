"""Examples for the OpenAPI schema."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiExample

from ...core.jsontypes import JsonObject

__all__ = ["BLOCKS", "OPERATIONS", "example"]

BLOCKS: list[JsonObject] = [
    {"type": "heading", "props": {"text": "Bread", "level": 2}},
    {"type": "rich_text", "props": {"html": "<p>Flour, water, salt and time.</p>"}},
]

OPERATIONS: list[JsonObject] = [
    {"op": "insert", "block": {"type": "heading", "props": {"text": "Bread", "level": 2}}, "after": None},
    {"op": "update", "id": "h7f3a90c51d2be88", "props": {"text": "Better bread"}},
    {"op": "move", "id": "h7f3a90c51d2be88", "before": "r0c4d13e5a6f7b29"},
    {"op": "remove", "id": "r0c4d13e5a6f7b29"},
]


def example(name: str, value: object) -> OpenApiExample:
    """Return an example of a request body."""
    return OpenApiExample(name, value=value, request_only=True)

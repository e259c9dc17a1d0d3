"""One compiled validator for whole documents.

It says whether a document is free of field errors, several times faster than asking block by block; what is wrong with
one that is not, :func:`ai_cms.blocks.documents.validation.validate_document` finds out block by block.
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, core_schema

from ai_cms.core.jsontypes import JsonObject

from .base import Block
from .registry import BlockRegistry, blocks
from .text import FORBIDDEN_CHARACTERS

__all__ = ["has_forbidden_characters", "is_valid"]

_ESCAPED_CONTROL = re.compile(r"\\(?:u00|[bf])")
_REF = "ai_cms.blocks.block"


def is_valid(siblings: list[JsonObject], registry: BlockRegistry = blocks) -> bool:
    """Return whether all blocks are of known types and versions, with valid props and enough children."""
    if not siblings:
        return True
    if not registry:
        return False
    adapter: TypeAdapter[Any] = registry.derived("compiled", lambda: _compile(registry))
    try:
        adapter.validate_python(siblings)
    except ValidationError:
        return False
    return True


def has_forbidden_characters(text: str) -> bool:
    """Return whether the strings of a compact JSON text may hold characters that cannot be stored.

    A false alarm is possible, for a backslash in text; the slow way then decides.
    """
    # Controls are escaped in JSON: as \\u00xx, or \\b and \\f. Line breaks and tabs are escaped too.
    if "\x7f" in text or _ESCAPED_CONTROL.search(text) is not None:
        return True
    return not text.isascii() and not text.isprintable() and FORBIDDEN_CHARACTERS.search(text) is not None


def _compile(registry: BlockRegistry) -> TypeAdapter[Any]:
    class Blocks:
        """Stands for the list of blocks, for Pydantic to ask its schema."""

        @classmethod
        def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
            reference = core_schema.definition_reference_schema(_REF)
            choices: dict[Any, CoreSchema] = {
                name: _block_schema(name, block_class, handler.generate_schema(block_class), reference)
                for name, block_class in registry.items()
            }
            union = core_schema.tagged_union_schema(choices, discriminator="type", ref=_REF)
            return core_schema.definitions_schema(core_schema.list_schema(reference, fail_fast=True), [union])

    return TypeAdapter(Blocks)


def _block_schema(name: str, block_class: type[Block], props: CoreSchema, child: CoreSchema) -> CoreSchema:
    meta = block_class.block_meta
    least = meta.min_children or None
    children = core_schema.list_schema(child, min_length=least, fail_fast=True)
    field = core_schema.typed_dict_field
    return core_schema.typed_dict_schema(
        {
            "type": field(core_schema.any_schema()),
            "v": field(core_schema.literal_schema([meta.version]), required=meta.version > 1),
            "props": field(props),
            "children": field(children, required=bool(least)),
        },
        extra_behavior="ignore",
    )

"""What there is to know about blocks before writing any: the catalogue, and JSON Schemas of whole documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from django.utils.translation import get_language
from pydantic.json_schema import models_json_schema
from pydantic_core import PydanticUndefined, to_json, to_jsonable_python

from .conf import blocks_settings
from .documents.structure import Allowed
from .types.base import Block
from .types.registry import BlockRegistry, blocks

__all__ = ["block_schema", "catalogue", "catalogue_etag", "document_schema"]


def block_schema(block_class: type[Block], registry: BlockRegistry = blocks) -> dict[str, Any]:
    """Return the JSON Schema of a block's props, in the active language. Not to be changed."""
    key = ("schema", block_class, get_language())
    schema: dict[str, Any] = registry.derived(key, lambda: block_class.model_json_schema(mode="validation"))
    return schema


def catalogue(registry: BlockRegistry = blocks, allowed: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return what an editor needs to know of each block type; see ``GET /api/blocks/``."""
    entries: list[dict[str, Any]] = registry.derived(
        ("catalogue", get_language()), lambda: [_entry(block_class, registry) for _, block_class in registry.items()]
    )
    if allowed is None:
        return list(entries)
    admitted = Allowed(allowed, registry)
    return [entry for entry in entries if entry["type"] in admitted]


def catalogue_etag(entries: list[dict[str, Any]]) -> str:
    """Return the ETag of a catalogue, quotes included."""
    return f'"{hashlib.sha256(to_json(entries)).hexdigest()[:32]}"'


def document_schema(
    allowed: Iterable[str] | None = None,
    *,
    registry: BlockRegistry = blocks,
    writing: bool = False,
    ref_template: str = "#/$defs/{model}",
) -> dict[str, Any]:
    """Return the JSON Schema of a document of ``allowed`` types, nesting rules included.

    ``writing``: leave out what the server fills in (``id``, ``v``, ``meta``), for a model that writes new blocks.
    ``ref_template``: where the definitions will stand; they are under ``$defs`` of what is returned.
    """
    key = ("document", None if allowed is None else frozenset(allowed), writing, ref_template, get_language())
    made: dict[str, Any] = registry.derived(key, lambda: _document_schema(key[1], registry, writing, ref_template))
    return made


def _entry(block_class: type[Block], registry: BlockRegistry) -> dict[str, Any]:
    meta = block_class.block_meta
    children = None
    if meta.allowed_children is not None:
        allow = meta.allowed_children
        children = {
            "allow": allow if isinstance(allow, str) else list(allow),
            "min": meta.min_children,
            "max": meta.max_children,
        }
    return {
        "type": meta.type,
        "label": str(meta.label),
        "icon": meta.icon,
        "group": str(meta.group),
        "version": meta.version,
        "schema": block_schema(block_class, registry),
        "defaults": _defaults(block_class),
        "children": children,
        "parents": None if meta.allowed_parents is None else list(meta.allowed_parents),
        "example": to_jsonable_python(dict(meta.example)),
        "permission": meta.permission,
    }


def _defaults(block_class: type[Block]) -> dict[str, Any]:
    """Return the values that fields have when they are not given; required fields have none."""
    found = {}
    for name, info in block_class.model_fields.items():
        value = info.get_default(call_default_factory=True, validated_data={})
        if value is not PydanticUndefined:
            found[info.alias or name] = to_jsonable_python(value)
    return found


def _document_schema(
    allowed: Iterable[str] | None, registry: BlockRegistry, writing: bool, ref_template: str
) -> dict[str, Any]:
    admitted = Allowed(allowed, registry)
    types = {name: block_class for name, block_class in registry.items() if name in admitted}
    by_model, definitions = models_json_schema(
        [(block_class, "validation") for block_class in types.values()], ref_template=ref_template
    )
    defs: dict[str, Any] = dict(definitions.get("$defs", {}))
    for name, block_class in types.items():
        props = by_model[(block_class, "validation")]
        defs[_node(name)] = _block_node(block_class, props, types, writing, ref_template)
    roots = [name for name, block_class in types.items() if _fits(block_class, "")]
    return {
        "type": "array",
        "maxItems": blocks_settings.DOCUMENT_MAX_BLOCKS,
        "items": _one_of(roots, ref_template),
        "$defs": defs,
    }


def _block_node(
    block_class: type[Block], props: Any, types: dict[str, type[Block]], writing: bool, ref_template: str
) -> dict[str, Any]:
    meta = block_class.block_meta
    properties: dict[str, Any] = {}
    if not writing:
        properties["id"] = {"type": "string", "pattern": "^[a-z0-9-]+$", "maxLength": 64}
    properties["type"] = {"type": "string", "const": meta.type}
    if not writing:
        properties["v"] = {"type": "integer", "minimum": 1}
    properties["props"] = props
    if meta.allowed_children is not None:
        inside = [
            name
            for name, child in types.items()
            if (meta.allowed_children == "*" or name in meta.allowed_children) and _fits(child, meta.type)
        ]
        children: dict[str, Any] = {"type": "array", "items": _one_of(inside, ref_template) if inside else False}
        if meta.min_children:
            children["minItems"] = meta.min_children
        if meta.max_children is not None:
            children["maxItems"] = meta.max_children
        properties["children"] = children
    if not writing:
        properties["meta"] = {"type": "object"}
    node: dict[str, Any] = {"type": "object", "title": str(meta.label), "properties": properties}
    if block_class.__doc__:
        node["description"] = " ".join(block_class.__doc__.split())
    required = [name for name in ("type", "props") if name == "type" or writing]
    return {**node, "required": required, "additionalProperties": False}


def _fits(block_class: type[Block], parent: str) -> bool:
    parents = block_class.block_meta.allowed_parents
    return parents is None or parent in parents


def _node(name: str) -> str:
    return f"{name.title().replace('_', '')}Node"


def _one_of(names: list[str], ref_template: str) -> dict[str, Any]:
    return {"anyOf": [{"$ref": ref_template.format(model=_node(name))} for name in names]}

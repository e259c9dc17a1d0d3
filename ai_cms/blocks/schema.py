"""What there is to know about blocks before writing any: the catalogue, and JSON Schemas of whole documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import get_language
from pydantic.json_schema import models_json_schema
from pydantic_core import PydanticUndefined, to_json, to_jsonable_python

from ..core.jsontypes import JsonObject
from .conf import blocks_settings
from .documents.prepare import RAW_HTML_PERMISSION
from .documents.structure import Allowed
from .types.base import Block, BlockMeta
from .types.registry import BlockRegistry, blocks

__all__ = ["block_schema", "catalogue", "catalogue_etag", "document_schema", "fits", "inside_of"]


def block_schema(block_class: type[Block], registry: BlockRegistry = blocks) -> JsonObject:
    """Return the JSON Schema of a block's props, in the active language. Not to be changed."""
    key = ("schema", block_class, get_language())
    schema: JsonObject = registry.derived(key, lambda: block_class.model_json_schema(mode="validation"))
    return schema


def catalogue(
    registry: BlockRegistry = blocks, allowed: Iterable[str] | None = None, *, switched_off: bool = True
) -> list[JsonObject]:
    """Return what an editor needs to know of each block type; see ``GET /api/blocks/``.

    ``switched_off``: those too that nobody can write on this site, such as raw HTML without the setting for it.
    """
    entries: list[JsonObject] = registry.derived(
        ("catalogue", get_language()), lambda: [_entry(block_class, registry) for _, block_class in registry.items()]
    )
    if not switched_off and not blocks_settings.RAW_HTML:
        entries = [entry for entry in entries if entry["permission"] != RAW_HTML_PERMISSION]
    if allowed is None:
        return list(entries)
    admitted = Allowed(allowed, registry)
    return [entry for entry in entries if entry["type"] in admitted]


def catalogue_etag(entries: list[JsonObject]) -> str:
    """Return the ETag of a catalogue, quotes included."""
    return f'"{hashlib.sha256(to_json(entries)).hexdigest()[:32]}"'


def document_schema(
    allowed: Iterable[str] | None = None,
    *,
    registry: BlockRegistry = blocks,
    writing: bool = False,
    published: bool = False,
    ref_template: str = "#/$defs/{model}",
) -> JsonObject:
    """Return the JSON Schema of a document of ``allowed`` types, nesting rules included.

    ``writing``: leave out what the server fills in (``id``, ``v``, ``meta``), for a model that writes new blocks.
    ``published``: as the public reads it, with all that the server fills in. ``ref_template``: where the definitions
    will stand; they are under ``$defs`` of what is returned.
    """
    admitted = None if allowed is None else frozenset(allowed)
    made: JsonObject = registry.derived(
        ("document", admitted, writing, published, ref_template, get_language()),
        lambda: _Maker(admitted, registry, writing, published, ref_template).document(),
    )
    return made


def _entry(block_class: type[Block], registry: BlockRegistry) -> JsonObject:
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
        "parents": _parents(meta, registry),
        "example": to_jsonable_python(dict(meta.example)),
        "permission": meta.permission,
    }


def _defaults(block_class: type[Block]) -> JsonObject:
    """Return the values that fields have when they are not given; required fields have none."""
    found = {}
    for name, info in block_class.model_fields.items():
        value = info.get_default(call_default_factory=True, validated_data={})
        if value is not PydanticUndefined:
            found[info.alias or name] = to_jsonable_python(value)
    return found


class _Maker:
    """Make the schema of one document: a definition for each type that is admitted, in the form that is asked for."""

    def __init__(
        self, allowed: Iterable[str] | None, registry: BlockRegistry, writing: bool, published: bool, ref_template: str
    ) -> None:
        admitted = Allowed(allowed, registry)
        self.types = {name: block_class for name, block_class in registry.items() if name in admitted}
        self.writing = writing
        self.published = published
        self.ref_template = ref_template

    def document(self) -> JsonObject:
        by_model, definitions = models_json_schema(
            [(block_class, "validation") for block_class in self.types.values()], ref_template=self.ref_template
        )
        nodes = {
            self._name(name): self._node(block_class, by_model[(block_class, "validation")])
            for name, block_class in self.types.items()
        }
        return {
            "type": "array",
            "maxItems": blocks_settings.DOCUMENT_MAX_BLOCKS,
            "items": self._one_of([name for name, block_class in self.types.items() if fits(block_class, "")]),
            "$defs": {**definitions.get("$defs", {}), **nodes},
        }

    def _node(self, block_class: type[Block], props: object) -> JsonObject:
        meta = block_class.block_meta
        properties: JsonObject = {}
        if not self.writing:
            properties["id"] = {"type": "string", "pattern": "^[a-z0-9-]+$", "maxLength": 64}
        properties["type"] = {"type": "string", "const": meta.type}
        if not self.writing:
            properties["v"] = {"type": "integer", "minimum": 1}
        properties["props"] = props
        if meta.allowed_children is not None:
            properties["children"] = self._children(meta)
        if not self.writing:
            properties["meta"] = {"type": "object"}
        node: JsonObject = {"type": "object", "title": str(meta.label), "properties": properties}
        if block_class.__doc__:
            node["description"] = " ".join(block_class.__doc__.split())
        required = ["type"]
        if self.writing:
            required = ["type", "props"]
        elif self.published:
            required = ["id", "type", "v", "props"]
        return {**node, "required": required, "additionalProperties": False}

    def _children(self, meta: BlockMeta) -> JsonObject:
        children: JsonObject = {"type": "array", "items": self._one_of(inside_of(meta, self.types))}
        if meta.min_children:
            children["minItems"] = meta.min_children
        if meta.max_children is not None:
            children["maxItems"] = meta.max_children
        return children

    def _one_of(self, names: list[str]) -> Any:
        if not names:
            return False
        return {"anyOf": [{"$ref": self.ref_template.format(model=self._name(name))} for name in names]}

    def _name(self, name: str) -> str:
        return f"{'Published' if self.published else ''}{name.title().replace('_', '')}Node"


def _parents(meta: BlockMeta, registry: BlockRegistry) -> list[str] | None:
    """Return where a block may stand, types that count as the root included."""
    if meta.allowed_parents is None:
        return None
    if "" not in meta.allowed_parents or meta.as_root:
        return list(meta.allowed_parents)
    return [*meta.allowed_parents, *(name for name, other in registry.items() if other.block_meta.as_root)]


def inside_of(meta: BlockMeta, types: Mapping[str, type[Block]]) -> list[str]:
    """Return those of ``types`` that may stand in a block of ``meta``."""
    return [
        name
        for name, child in types.items()
        if (meta.allowed_children == "*" or name in (meta.allowed_children or ()))
        and (fits(child, meta.type) or (meta.as_root and not child.block_meta.as_root and fits(child, "")))
    ]


def fits(block_class: type[Block], parent: str) -> bool:
    """Return whether a block may stand in one of the type ``parent``; "" is the root of a document."""
    parents = block_class.block_meta.allowed_parents
    return parents is None or parent in parents

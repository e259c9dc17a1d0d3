"""What a model that drafts is told of blocks: a short schema of what it writes, what each block is for, one worked example.

A draft needs fewer properties than an editor: those that ``Meta.drafts`` names. What is left out has its default, and whatever
comes back is validated by the real classes all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ..core.jsontypes import JsonMapping, JsonObject
from .conf import blocks_settings
from .documents.structure import Allowed
from .schema import block_schema, fits, inside_of
from .types.base import Block
from .types.registry import BlockRegistry, blocks

__all__ = ["draft_schema", "draftable", "purposes", "worked_example"]

#: A longer text is no draft: what no model writes need not be forbidden to it.
_MOST = 1_000
_KEPT = ("type", "enum", "const", "minLength", "minItems", "minimum", "pattern", "items", "anyOf", "$ref")
#: Limits above, kept where they are near.
_NEAR = ("maxLength", "maxItems", "maximum")

#: What a good page looks like, out of blocks that most sites have; those that a page does not admit are left out.
_EXAMPLE: list[JsonObject] = [
    {"type": "heading", "props": {"text": "Learn to bake sourdough", "level": 2}},
    {
        "type": "rich_text",
        "props": {"html": "<p>In one evening you mix, fold and shape <strong>your own loaf</strong>.</p>"},
    },
    {"type": "list", "props": {"style": "ul", "items": ["Flour and starter are here", "Bring a bowl"]}},
]


def draftable(registry: BlockRegistry = blocks) -> list[str]:
    """Return the types that a model can fill in without a file, an address, a query, or rights of its own."""
    return [name for name, block_class in registry.items() if block_class.block_meta.drafts is not False]


def purposes(types: Iterable[str], registry: BlockRegistry = blocks) -> dict[str, str]:
    """Return what each type is for, in a sentence: the first of its class's docstring, or its label."""
    found = {}
    for name in types:
        block_class = registry[name]
        words = " ".join((block_class.__doc__ or "").split("\n\n")[0].split())
        found[name] = words or str(block_class.block_meta.label)
    return found


def worked_example(types: Iterable[str]) -> list[JsonObject]:
    """Return a few blocks as a draft may hold them, of ``types`` alone; none where none of these fits."""
    admitted = set(types)
    return [block for block in _EXAMPLE if block["type"] in admitted]


def draft_schema(types: Sequence[str], registry: BlockRegistry = blocks) -> JsonObject:
    """Return the JSON Schema of the blocks of a draft, with definitions under ``$defs``. Not to be changed."""
    made: JsonObject = registry.derived(("draft", tuple(types)), lambda: _Maker(types, registry).document())
    return made


class _Maker:
    """Make the schema: one definition a type, its props within; places that admit the same types share one."""

    def __init__(self, types: Iterable[str], registry: BlockRegistry) -> None:
        admitted = Allowed(types, registry)
        self.types = {name: block_class for name, block_class in registry.items() if name in admitted}
        self.definitions: JsonObject = {}

    def document(self) -> JsonObject:
        root = [name for name, block_class in self.types.items() if fits(block_class, "")]
        places = {
            name: inside_of(block_class.block_meta, self.types)
            for name, block_class in self.types.items()
            if block_class.block_meta.allowed_children is not None
        }
        counted = Counter(tuple(names) for names in [root, *places.values()] if len(names) > 2)
        shared = [set(names) for names, count in counted.most_common(1) if count > 1]
        common = shared[0] if shared else set()
        if common:
            self.definitions["any"] = {"anyOf": [_ref(name) for name in self.types if name in common]}
        for name, block_class in self.types.items():
            self.definitions[name] = self._node(block_class, places.get(name), common)
        return {
            "type": "array",
            "maxItems": blocks_settings.DOCUMENT_MAX_BLOCKS,
            "items": _one_of(root, common),
            "$defs": self.definitions,
        }

    def _node(self, block_class: type[Block], inside: list[str] | None, common: set[str]) -> JsonObject:
        meta = block_class.block_meta
        schema = block_schema(block_class)
        definitions: JsonMapping = schema.get("$defs", {})
        # A type that the site names although it is not for drafts is written whole.
        names = meta.drafts if isinstance(meta.drafts, tuple) else tuple(schema.get("properties", {}))
        props = {name: _short(schema["properties"][name], definitions) for name in names}
        properties: JsonObject = {
            "type": {"type": "string", "const": meta.type},
            "props": {"type": "object", "properties": props, "additionalProperties": False},
        }
        if inside is not None:
            children: JsonObject = {"type": "array", "items": _one_of(inside, common)}
            if meta.min_children:
                children["minItems"] = meta.min_children
            if meta.max_children is not None:
                children["maxItems"] = meta.max_children
            properties["children"] = children
        return {"type": "object", "properties": properties, "additionalProperties": False}


def _ref(name: str) -> JsonObject:
    return {"$ref": f"#/$defs/{name}"}


def _one_of(names: Sequence[str], common: set[str]) -> Any:
    if not names:
        return False
    if common and common <= set(names):
        rest = [_ref(name) for name in names if name not in common]
        return {"anyOf": [_ref("any"), *rest]} if rest else _ref("any")
    return {"anyOf": [_ref(name) for name in names]}


def _short(node: JsonMapping, definitions: JsonMapping) -> JsonObject:
    """Return the schema of a property with what a model that writes it has to know; parts stand within."""
    if "$ref" in node:
        found = _short(definitions[node["$ref"].rpartition("/")[2]], definitions)
        return {**found, **_told(node)}
    if len(node.get("allOf", ())) == 1:
        return {**_short(node["allOf"][0], definitions), **_told(node)}
    result: JsonObject = {key: node[key] for key in _KEPT if key in node}
    result |= {key: node[key] for key in _NEAR if isinstance(node.get(key), (int, float)) and node[key] <= _MOST}
    result |= _told(node)
    if isinstance(result.get("items"), dict):
        result["items"] = _short(result["items"], definitions)
    if "anyOf" in result:
        result["anyOf"] = [_short(choice, definitions) for choice in result["anyOf"]]
    if "properties" in node:
        result["properties"] = {name: _short(each, definitions) for name, each in node["properties"].items()}
        result["additionalProperties"] = False
        result.pop("description", None)
    return result


def _told(node: JsonMapping) -> JsonObject:
    return {"description": node["description"]} if node.get("description") else {}

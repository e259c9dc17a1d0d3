"""The places in blocks where text stands, to be rewritten in place: props by path, plain or HTML."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.schema import block_schema
from ai_cms.blocks.types.registry import blocks

from ..core.jsontypes import JsonMapping, JsonObject

__all__ = ["Slot", "links_of", "map_text", "slots_of", "updates"]

_NO_TEXT_WIDGETS = ("url", "asset", "page-ref", "color", "code")
_HTML_WIDGETS = ("richtext", "inline-richtext")
_TAG = re.compile(r"(<[^>]*>)")
#: Types whose text is no prose.
_LITERAL_TYPES = frozenset({"code", "raw_html", "embed"})


@dataclass(frozen=True)
class Slot:
    """One piece of text: in which block, where in its props, and whether it is HTML."""

    block_id: str
    path: tuple[str | int, ...]
    text: str
    html: bool

    @property
    def key(self) -> str:
        return "/".join([self.block_id, *map(str, self.path)])


def slots_of(document: Document, block_ids: set[str] | None = None) -> list[Slot]:
    """Return the text slots of a document in reading order, those of ``block_ids`` (and what is inside them) alone if given."""
    found: list[Slot] = []

    def collect(siblings: list[JsonObject], inside: bool) -> None:
        for block in siblings:
            chosen = inside or block_ids is None or block.get("id") in block_ids
            if chosen:
                found.extend(_block_slots(block))
            collect(block.get("children") or [], chosen)

    collect(document.blocks, False)
    return found


def _block_slots(block: JsonMapping) -> Iterator[Slot]:
    block_class = blocks.get(str(block.get("type")))
    if block_class is None or block_class.block_meta.type in _LITERAL_TYPES or (block.get("meta") or {}).get("locked"):
        return
    schema = block_schema(block_class)
    yield from _walk(str(block["id"]), schema, schema.get("$defs", {}), block.get("props") or {}, ())


def _walk(
    block_id: str, schema: JsonMapping, definitions: JsonMapping, value: object, path: tuple[str | int, ...]
) -> Iterator[Slot]:
    hints = dict(schema)
    if "$ref" in schema:
        schema = definitions.get(str(schema["$ref"]).rsplit("/", 1)[-1], {})
        hints = {**schema, **hints}
    for choice in schema.get("anyOf", []):
        if choice.get("type") != "null":
            yield from _walk(
                block_id, {**choice, **{k: v for k, v in hints.items() if k.startswith("x-")}}, definitions, value, path
            )
            return
    if isinstance(value, dict):
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from _walk(block_id, inner, definitions, value[name], (*path, name))
    elif isinstance(value, list):
        items = schema.get("items")
        if isinstance(items, dict):
            for index, item in enumerate(value):
                yield from _walk(block_id, items, definitions, item, (*path, index))
    elif isinstance(value, str) and value.strip() and _is_prose(hints):
        yield Slot(block_id, path, value, hints.get("x-text") == "html" or hints.get("x-widget") in _HTML_WIDGETS)


def _is_prose(schema: JsonMapping) -> bool:
    if schema.get("x-text") is False or schema.get("x-widget") in _NO_TEXT_WIDGETS:
        return False
    return not any(key in schema for key in ("enum", "const", "format", "pattern"))


def updates(document: Document, slots: Mapping[str, Slot], texts: Mapping[str, str]) -> list[JsonObject]:
    """Return the update operations that put ``texts`` (by slot key) into their places; unchanged ones are left out."""
    changed: dict[str, JsonObject] = {}
    for key, text in texts.items():
        slot = slots[key]
        if text == slot.text:
            continue
        block = document.find(slot.block_id)
        if block is None:
            continue
        props = changed.setdefault(slot.block_id, {})
        first = str(slot.path[0])
        if first not in props:
            props[first] = copy.deepcopy(block["props"][first])
        if len(slot.path) == 1:
            props[first] = text
            continue
        holder: Any = props[first]
        for step in slot.path[1:-1]:
            holder = holder[step]
        holder[slot.path[-1]] = text
    return [{"op": "update", "id": block_id, "props": props} for block_id, props in changed.items()]


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.extend(value for name, value in attrs if name == "href" and value)


def links_of(html: str) -> list[str]:
    """Return the targets of all links, in order."""
    parser = _Links()
    parser.feed(html)
    parser.close()
    return parser.found


def map_text(html: str, change: Callable[[str], str]) -> str:
    """Apply ``change`` to the text between the tags, leaving every tag as it is."""
    return "".join(part if part.startswith("<") else change(part) for part in _TAG.split(html) if part)

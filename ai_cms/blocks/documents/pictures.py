"""Finish blocks: put addresses, sizes and measures in the place of references such as ``asset:42``.

The app that owns the pictures registers a source::

    @picture_sources.source("asset")
    def pictures_of(keys: Collection[str], public: bool) -> Mapping[str, Picture]: ...

A publication holds finished blocks, so that showing it asks nobody. In a finished block the reference is replaced by the address,
and ``meta.pictures`` says by address what else is known of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypedDict, TypeGuard

from ai_cms.core.registry import Registry

from ...core.jsontypes import JsonMapping, JsonObject
from ..types.base import Block
from ..types.registry import BlockRegistry, blocks

__all__ = [
    "Picture",
    "PictureSource",
    "change_references",
    "finish_blocks",
    "picture_sources",
    "references_in",
    "unfinish_blocks",
]

_REFERENCE = re.compile(r"([a-z]+):([A-Za-z0-9-]{1,64})")
_DEEPEST = 8

Path = tuple[str, ...]


class Picture(TypedDict, total=False):
    """What is known of a picture or file. ``src`` and ``ref`` are always there.

    ``srcset``: of the format that every browser shows; ``sources``: further formats, the best first, as
    ``{"type", "srcset"}``. ``placeholder``: a ``data:`` address. ``digital_source_type``: schema.org's address.
    ``poster``: of films, the picture before they play.
    """

    ref: str
    src: str
    width: int
    height: int
    alt: str
    srcset: str
    sources: list[dict[str, str]]
    placeholder: str
    digital_source_type: str
    poster: str


PictureSource = Callable[[Collection[str], bool], Mapping[str, Picture]]


class PictureSources(Registry[PictureSource]):
    """Keep a source for each kind of reference."""

    def source(self, kind: str) -> Callable[[PictureSource], PictureSource]:
        """Register the decorated function for references that start with ``kind:``; it is asked once for all keys."""
        return lambda function: self.register(kind, function)


picture_sources = PictureSources("source of pictures")


def references_in(siblings: list[JsonObject], *, registry: BlockRegistry = blocks) -> set[str]:
    """Return the references that the picture and file fields of blocks hold, those inside included."""
    return {value for block in _walk(siblings) for value in _values(block, registry) if _REFERENCE.fullmatch(value)}


def pictures_of(references: Collection[str], *, public: bool) -> dict[str, Picture]:
    """Return what is known of the pictures and files that ``references`` name, by reference; one question a kind."""
    wanted: dict[str, set[str]] = {}
    for reference in references:
        if _REFERENCE.fullmatch(reference):
            kind, _colon, key = reference.partition(":")
            wanted.setdefault(kind, set()).add(key)
    found: dict[str, Picture] = {}
    for kind, keys in wanted.items():
        source = picture_sources.get(kind)
        if source is not None:
            found |= {f"{kind}:{key}": picture for key, picture in source(sorted(keys), public).items()}
    return found


def is_reference(value: object) -> TypeGuard[str]:
    """Return whether a value names a picture or file such as ``asset:42``, as opposed to an address."""
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def change_references(
    siblings: list[JsonObject], change: Callable[[str], str], *, registry: BlockRegistry = blocks
) -> list[Any]:
    """Return blocks whose picture and file fields hold what ``change`` makes of their addresses and references."""
    return _each(siblings, lambda block: _changed(block, change, registry))


def finish_blocks(siblings: list[JsonObject], *, public: bool, registry: BlockRegistry = blocks) -> list[JsonObject]:
    """Return blocks with finished addresses; blocks without references are the same objects.

    ``public``: for anonymous visitors, who get nothing private. A reference that nobody can resolve stays as it is.
    """
    if not len(picture_sources):
        return siblings
    found = pictures_of(references_in(siblings, registry=registry), public=public)
    if not found:
        return siblings
    return _each(siblings, lambda block: _finished(block, found, registry))


def unfinish_blocks(siblings: list[JsonObject], *, registry: BlockRegistry = blocks) -> list[JsonObject]:
    """Return blocks as they were before :func:`finish_blocks`."""
    return _each(siblings, lambda block: _unfinished(block, registry))


def _changed(block: JsonObject, change: Callable[[str], str], registry: BlockRegistry) -> JsonObject:
    props = _replaced(block, change, registry)
    return block if props == block.get("props") else {**block, "props": props}


def _finished(block: JsonObject, found: Mapping[str, Picture], registry: BlockRegistry) -> JsonObject:
    used: dict[str, Picture] = {}

    def finish(value: str) -> str:
        picture = found.get(value)
        if picture is None:
            return value
        used[picture["src"]] = picture
        return picture["src"]

    props = _replaced(block, finish, registry)
    if not used:
        return block
    return {**block, "props": props, "meta": {**(block.get("meta") or {}), "pictures": used}}


def _unfinished(block: JsonObject, registry: BlockRegistry) -> JsonObject:
    pictures = (block.get("meta") or {}).get("pictures")
    if not isinstance(pictures, dict):
        return block
    by_address = {address: picture["ref"] for address, picture in pictures.items()}
    meta = {key: value for key, value in block["meta"].items() if key != "pictures"}
    props = _replaced(block, lambda value: by_address.get(value, value), registry)
    plain = {**block, "props": props, "meta": meta}
    if not meta:
        del plain["meta"]
    return plain


def _each(siblings: list[JsonObject], change: Callable[[JsonObject], JsonObject]) -> list[JsonObject]:
    made = []
    for block in siblings:
        if isinstance(block, dict):
            changed = change(block)
            children = block.get("children")
            if isinstance(children, list) and children:
                inner = _each(children, change)
                if any(new is not old for new, old in zip(inner, children, strict=True)):
                    changed = {**changed, "children": inner}
            block = changed
        made.append(block)
    return made


def _walk(siblings: Any) -> Iterator[JsonObject]:
    waiting = [siblings]
    while waiting:
        for block in waiting.pop() or ():
            if isinstance(block, dict):
                yield block
                if isinstance(block.get("children"), list):
                    waiting.append(block["children"])


def _values(block: JsonMapping, registry: BlockRegistry) -> Iterator[str]:
    for path in _paths_of(block, registry):
        yield from _at(block.get("props"), path)


def _at(value: object, path: Path) -> Iterator[str]:
    if not path:
        if isinstance(value, str):
            yield value
    elif path[0] == "*":
        for item in value if isinstance(value, list) else ():
            yield from _at(item, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])


def _replaced(block: JsonMapping, change: Callable[[str], str], registry: BlockRegistry) -> Any:
    props = block.get("props")
    for path in _paths_of(block, registry):
        props = _put(props, path, change)
    return props


def _put(value: object, path: Path, change: Callable[[str], str]) -> Any:
    if not path:
        return change(value) if isinstance(value, str) else value
    if path[0] == "*":
        return [_put(item, path[1:], change) for item in value] if isinstance(value, list) else value
    if isinstance(value, dict) and path[0] in value:
        return {**value, path[0]: _put(value[path[0]], path[1:], change)}
    return value


def _paths_of(block: JsonMapping, registry: BlockRegistry) -> tuple[Path, ...]:
    """Return where blocks of this type hold pictures and files: what their schema calls so, never texts that look alike."""
    block_type = block.get("type")
    block_class = registry.get(block_type) if isinstance(block_type, str) else None
    if block_class is None:
        return ()
    paths: tuple[Path, ...] = registry.derived(("asset paths", block_type), lambda: _declared(block_class))
    return paths


def _declared(block_class: type[Block]) -> tuple[Path, ...]:
    schema = block_class.model_json_schema()
    return tuple(dict.fromkeys(_search(schema, schema.get("$defs", {}), ())))


def _search(schema: object, definitions: JsonMapping, path: Path) -> Iterator[Path]:
    if not isinstance(schema, dict) or len(path) > _DEEPEST:
        return
    if schema.get("x-widget") == "asset":
        yield path
        return
    reference = schema.get("$ref")
    if isinstance(reference, str):
        yield from _search(definitions.get(reference.rpartition("/")[2]), definitions, path)
    for word in ("anyOf", "oneOf", "allOf"):
        for choice in schema.get(word, ()):
            yield from _search(choice, definitions, path)
    yield from _search(schema.get("items"), definitions, (*path, "*"))
    for name, inner in schema.get("properties", {}).items():
        yield from _search(inner, definitions, (*path, name))

"""The plain text of a block, read straight from its props: no instance, no validation, whatever the props are.

Which props are text follows from the block class, once for each class: every string, or string inside a list or part,
except links and files, fixed choices, strings with a pattern or a format, and fields with ``x-text: False``. HTML is
what the sanitiser validates, or says ``x-text: "html"``. A class may instead say it itself::

    @classmethod
    def plain_text(cls, props: JsonMapping) -> str: ...

Props of unknown types have no text.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from ...core.jsontypes import JsonMapping
from ..html.richtext import sanitize_html, sanitize_inline, strip_tags_text
from .base import Block
from .registry import BlockRegistry, blocks

__all__ = ["block_heading", "block_text"]

# Turns a prop's value into text; "" for a value of another type than expected.
_Reader = Callable[[Any], str]
_NO_TEXT_WIDGETS = frozenset({"url", "asset", "page-ref"})
_HTML_WIDGETS = frozenset({"richtext", "inline-richtext"})


def block_text(block: JsonMapping, registry: BlockRegistry = blocks) -> str:
    """Return the plain text of one block without its children, one line for each part; "" for unknown types."""
    block_class = registry.get(str(block.get("type")))
    props = block.get("props")
    if block_class is None or not isinstance(props, Mapping):
        return ""
    own = getattr(block_class, "plain_text", None)
    if own is not None:
        return str(own(props))
    readers: dict[str, _Reader] = registry.derived(("text", block_class), lambda: _model_readers(block_class))
    return _read_props(readers, props)


def block_heading(block: JsonMapping, registry: BlockRegistry = blocks) -> tuple[int, str] | None:
    """Return (level, plain text) if the block opens a part of the page."""
    block_class = registry.get(str(block.get("type")))
    props = block.get("props")
    if block_class is None or not isinstance(props, Mapping):
        return None
    return block_class.heading_of(props)


def _read_props(readers: dict[str, _Reader], props: JsonMapping) -> str:
    texts = [read(props[name]) for name, read in readers.items() if name in props]
    return "\n".join(text for text in texts if text)


def _read_plain(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _read_html(value: object) -> str:
    return strip_tags_text(value) if isinstance(value, str) else ""


def _list_reader(read: _Reader) -> _Reader:
    def read_list(value: object) -> str:
        return "\n".join(filter(None, map(read, value))) if isinstance(value, list) else ""

    return read_list


def _model_readers(model: type[BaseModel], seen: tuple[type[BaseModel], ...] = ()) -> dict[str, _Reader]:
    """Return what reads each text field of ``model``, in the order of the fields."""
    readers = {}
    for name, info in model.model_fields.items():
        reader = _reader(info.annotation, _facts(info), (*seen, model))
        if reader is not None:
            readers[name] = reader
    return readers


def _facts(info: FieldInfo) -> dict[str, Any]:
    """Return what a field's hints and validators say about its text."""
    facts: dict[str, Any] = {}
    extra = info.json_schema_extra
    if isinstance(extra, dict):
        facts.update(extra)
    for item in info.metadata:
        if isinstance(item, AfterValidator) and item.func in (sanitize_html, sanitize_inline):
            facts.setdefault("x-text", "html")
        if getattr(item, "pattern", None) is not None:
            facts["pattern"] = True
    return facts


def _reader(annotation: object, facts: dict[str, Any], seen: tuple[type[BaseModel], ...]) -> _Reader | None:
    if facts.get("x-text") is False:
        return None
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *metadata = get_args(annotation)
        found: dict[str, Any] = {}
        for item in metadata:
            found.update(_facts(item) if isinstance(item, FieldInfo) else _facts_of_validator(item))
        return _reader(inner, {**found, **facts}, seen)
    if origin in (Union, types.UnionType):
        options = [reader for part in get_args(annotation) if (reader := _reader(part, facts, seen))]
        return options[0] if options else None
    if origin in (list, tuple):
        arguments = get_args(annotation)
        reader = _reader(arguments[0], _for_items(facts), seen) if arguments else None
        return _list_reader(reader) if reader else None
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and not issubclass(annotation, Block):
        if annotation in seen:
            return None
        readers = _model_readers(annotation, seen)
        return (lambda value: _read_props(readers, value) if isinstance(value, Mapping) else "") if readers else None
    if annotation is not str:
        return None
    if facts.get("x-text") == "html" or facts.get("x-widget") in _HTML_WIDGETS:
        return _read_html
    if facts.get("x-text") or not (
        facts.get("x-widget") in _NO_TEXT_WIDGETS or "format" in facts or "pattern" in facts
    ):
        return _read_plain
    return None


def _facts_of_validator(item: object) -> dict[str, Any]:
    if isinstance(item, AfterValidator) and item.func in (sanitize_html, sanitize_inline):
        return {"x-text": "html"}
    return {"pattern": True} if getattr(item, "pattern", None) is not None else {}


def _for_items(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what holds for the items of a list: a widget for the whole list is no widget for them."""
    return {name: value for name, value in facts.items() if name == "x-text"}

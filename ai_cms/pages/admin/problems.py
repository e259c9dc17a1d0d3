"""What keeps a draft from being published, with the place of each error in words and as a link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.schema import block_schema
from ai_cms.blocks.types.base import Block
from ai_cms.blocks.types.registry import blocks

from ...core.jsontypes import JsonMapping, JsonObject
from ..snapshots import document_problems, missing_required

if TYPE_CHECKING:
    from ..models import AbstractPage

__all__ = ["Problem", "place_in_words", "problems_of"]


@dataclass(frozen=True)
class Problem:
    """One error. ``place``: where, for people. ``anchor``: the id of the element it is about. ``path``: for programs."""

    place: str
    text: str
    anchor: str
    path: str


def _label(page: AbstractPage, name: str) -> str:
    field: Any = page._meta.get_field(name)
    return str(field.verbose_name).capitalize()


def problems_of(page: AbstractPage) -> list[Problem]:
    """Return everything that publishing the draft of ``page`` would be refused for."""
    found: list[Problem] = []
    for name, texts in missing_required(page).items():
        label = _label(page, name)
        found.extend(Problem(label, str(text), f"id_{name}", name) for text in texts)
    for name, errors in document_problems(page).items():
        document: Document = getattr(page, name)
        label = _("Content") if name == "content_json" else _label(page, name)
        for error in errors:
            place, block_id = place_in_words(document.blocks, error.loc)
            anchor = f"aicb-{block_id}" if block_id else f"id_{name}"
            found.append(Problem(place or label, str(error.msg), anchor, ".".join(error.loc)))
    return found


def place_in_words(siblings: object, loc: Sequence[str]) -> tuple[str, str]:
    """Return the place of an error in a list of blocks, such as "1. Section / 2. Heading / Text", and the id of its block."""
    steps: list[str] = []
    block_id, kind = "", ""
    rest = [str(step) for step in loc]
    while rest and isinstance(siblings, list) and rest[0].isdecimal() and int(rest[0]) < len(siblings):
        position = int(rest.pop(0))
        block = siblings[position]
        if not isinstance(block, Mapping):
            break
        kind = str(block.get("type", ""))
        label = blocks[kind].block_meta.label if kind in blocks else kind
        steps.append(f"{position + 1}. {label}")
        block_id = str(block.get("id", ""))
        siblings = block.get("children") if rest[:1] == ["children"] else None
        if siblings is not None:
            rest.pop(0)
    if rest[:1] == ["props"]:
        steps.extend(_fields_in_words(blocks[kind], rest[1:]) if kind in blocks else rest[1:])
    return " / ".join(steps), block_id


def _fields_in_words(block_class: type[Block], loc: Sequence[str]) -> list[str]:
    """Return the labels of the fields that a path goes through, as the form shows them; items by their number."""
    root = block_schema(block_class, blocks)
    schema: Any = root
    found = []
    for step in loc:
        schema = _resolved(schema, root)
        if step.isdecimal():
            found.append(str(int(step) + 1))
            schema = schema.get("items", {})
        else:
            schema = schema.get("properties", {}).get(step, {})
            found.append(str(_resolved(schema, root).get("title") or step.replace("_", " ").capitalize()))
    return found


def _resolved(schema: JsonMapping, root: JsonMapping) -> JsonObject:
    """Return a schema without references and without the null that it admits."""
    found = dict(schema)
    choices = [choice for choice in found.pop("anyOf", ()) if choice.get("type") != "null"]
    if len(choices) == 1:
        found = {**choices[0], **found}
    reference = found.pop("$ref", "")
    if reference:
        found = {**root.get("$defs", {}).get(reference.rsplit("/", 1)[-1], {}), **found}
    return found

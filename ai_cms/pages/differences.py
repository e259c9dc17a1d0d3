"""Differences between two documents for people: each block before and after as it looks, its words, its other properties."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.blocks.documents.diff import diff_documents
from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.html.richtext import strip_tags_text
from ai_cms.blocks.rendering.render import render_blocks
from ai_cms.blocks.types.registry import blocks

from ..core.jsontypes import JsonMapping, JsonObject
from .changes import block_changes, field_changes

if TYPE_CHECKING:
    from .models import AbstractPage

__all__ = [
    "OPERATIONS",
    "Difference",
    "FieldDifference",
    "between",
    "block_frame",
    "field_differences",
    "of_operations",
    "provenance_words",
]

#: Changes shown as they look; those after them are shown in words alone, each frame being a document of its own.
MAX_FRAMES = 40
#: In cleaned HTML a tag with attributes leads somewhere, loads something or says how its content is meant.
TAG_WITH_ATTRIBUTES = re.compile(r"<[a-z][a-z0-9]*\s[^>]*>")
#: Longer property values are cut.
MAX_VALUE = 300

OPERATIONS = {
    "insert": gettext_lazy("Added"),
    "update": gettext_lazy("Changed"),
    "move": gettext_lazy("Moved"),
    "remove": gettext_lazy("Removed"),
}
SOURCES = {
    "human": gettext_lazy("a person"),
    "import": gettext_lazy("an import"),
    "rules": gettext_lazy("built-in rules, no model"),
    "model": gettext_lazy("a model"),
}


@dataclass
class Difference:
    """What one operation does to one block. ``before`` and ``after`` are whole HTML documents for frames, or ""."""

    op: str
    op_label: str
    block: str
    label: str
    before: str = ""
    after: str = ""
    words: list[list[str]] = field(default_factory=list)
    props: list[FieldDifference] = field(default_factory=list)
    changes_text: bool = False
    state: str = ""


@dataclass
class FieldDifference:
    """A value before and after, as text."""

    name: str
    label: str
    before: str
    after: str


def between(request: HttpRequest, page: AbstractPage, a: Document, b: Document) -> list[Difference]:
    """Return what leads from one document to another."""
    operations = [operation.to_json() for operation in diff_documents(a, b)]
    # Only provenance or versions: nothing that a reader of the page would call a change.
    shown = [item for item in operations if item["op"] != "update" or "props" in item]
    return of_operations(request, page, a, shown)


def of_operations(
    request: HttpRequest, page: AbstractPage, document: Document, operations: Sequence[JsonMapping]
) -> list[Difference]:
    """Return what each operation on ``document`` does, in order."""
    found = []
    for index, change in enumerate(block_changes(document, operations)):
        before, after = change["before"], change["after"]
        kind = change["type"]
        difference = Difference(
            op=change["op"],
            op_label=str(OPERATIONS.get(change["op"], change["op"])),
            block=change["block"],
            label=str(blocks[kind].block_meta.label) if kind in blocks else kind,
            words=change["text"],
            changes_text=any(tag != "equal" for tag, _text in change["text"]),
        )
        if change["op"] == "update":
            difference.props = _props(before, after)
        if index < MAX_FRAMES and change["op"] != "move":
            difference.before = block_frame(request, page, before, _("Before"))
            difference.after = block_frame(request, page, after, _("After"))
        found.append(difference)
    return found


def block_frame(request: HttpRequest, page: AbstractPage | None, block: JsonObject | None, title: str) -> str:
    """Return a block as an HTML document of its own: its styles stay in, those around it stay out."""
    if block is None:
        return ""
    html = render_blocks([block], request=request, page=page, mode="preview")
    context = {"content": html, "title": title, "page": page}
    return render_to_string("admin/ai_cms_pages/fragment.html", context)


def _props(before: JsonMapping | None, after: JsonMapping | None) -> list[FieldDifference]:
    """Return the properties that differ, but for those whose whole difference the words of the block show."""
    old, new = ((side or {}).get("props") or {} for side in (before, after))
    return [
        FieldDifference(name, name.replace("_", " "), value_text(change["before"]), value_text(change["after"]))
        for name, change in field_changes(old, new).items()
        if not (before and after and _told_in_words(before, after, name))
    ]


def _told_in_words(before: JsonMapping, after: JsonMapping, name: str) -> bool:
    """Return whether a property differs in nothing but text that a reader of the block sees.

    Where a link leads is none of its words: a change of tags with attributes is listed.
    """
    old, new = (dict(side.get("props") or {}) for side in (before, after))
    changed = {**old, name: new[name]} if name in new else {key: old[key] for key in old if key != name}
    texts = [Document([dict(side)]).text() for side in (before, {**before, "props": changed}, after)]
    if texts[0] == texts[1]:
        return False
    gone, come = Counter(_strings(old.get(name))), Counter(_strings(new.get(name)))
    sides = ((gone - come, texts[0]), (come - gone, texts[2]))
    tags = [sorted(tag for string in side for tag in TAG_WITH_ATTRIBUTES.findall(string)) for side, _text in sides]
    return tags[0] == tags[1] and all(_in_text(string, text) for side, text in sides for string in side)


def _strings(value: object) -> Iterator[str]:
    """Yield what a JSON value is made of; numbers and the like as their JSON, which is no text of a page."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    elif value is not None:
        yield value if isinstance(value, str) else f"\0{json.dumps(value)}"


def _in_text(string: str, text: str) -> bool:
    plain = " ".join(text.split())
    return any(" ".join(form.split()) in plain for form in (string, strip_tags_text(string)))


def value_text(value: object) -> str:
    """Return a JSON value as a person reads it."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"


def field_differences(page: AbstractPage, before: JsonMapping, after: JsonMapping) -> list[FieldDifference]:
    """Return the page's fields whose values differ."""
    labels = {item.name: str(item.verbose_name) for item in page._meta.concrete_fields}
    return [
        FieldDifference(name, labels.get(name, name), value_text(change["before"]), value_text(change["after"]))
        for name, change in field_changes(before, after).items()
    ]


def provenance_words(record: JsonMapping | None) -> str:
    """Return in words who made something, such as "a model (gpt-x)"."""
    source = str((record or {}).get("source", ""))
    if not source:
        return ""
    label = str(SOURCES.get(source, source))
    if source == "rules":
        return label
    detail = (record or {}).get("model") or ((record or {}).get("by") if source == "import" else "")
    return f"{label} ({detail})" if detail else label

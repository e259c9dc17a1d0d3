"""Differences between two documents for people: each block before and after as it looks, its words, its other properties."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.blocks.documents.diff import diff_documents
from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.rendering.render import render_blocks
from ai_cms.blocks.types.registry import blocks

from ..changes import block_changes, field_changes

__all__ = [
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
    "rules": gettext_lazy("rules"),
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


def between(request: HttpRequest, page: Any, a: Document, b: Document) -> list[Difference]:
    """Return what leads from one document to another."""
    operations = [operation.to_json() for operation in diff_documents(a, b)]
    # Only provenance or versions: nothing that a reader of the page would call a change.
    shown = [item for item in operations if item["op"] != "update" or "props" in item]
    return of_operations(request, page, a, shown)


def of_operations(
    request: HttpRequest, page: Any, document: Document, operations: Sequence[Mapping[str, Any]]
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
            # Texts that are compared word by word need not be listed again.
            shown = Document([before]).text() + Document([after]).text() if before and after else ""
            difference.props = [item for item in _props(before, after) if item.before not in shown or not shown]
        if index < MAX_FRAMES and change["op"] != "move":
            difference.before = block_frame(request, page, before, _("Before"))
            difference.after = block_frame(request, page, after, _("After"))
        found.append(difference)
    return found


def block_frame(request: HttpRequest, page: Any, block: dict[str, Any] | None, title: str) -> str:
    """Return a block as an HTML document of its own: its styles stay in, the admin's stay out."""
    if block is None:
        return ""
    html = render_blocks([block], request=request, page=page, mode="preview")
    context = {"content": html, "title": title, "page": page}
    return render_to_string("admin/ai_cms_pages/fragment.html", context)


def _props(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> list[FieldDifference]:
    old, new = ((side or {}).get("props") or {} for side in (before, after))
    return [
        FieldDifference(name, name.replace("_", " "), value_text(change["before"]), value_text(change["after"]))
        for name, change in field_changes(old, new).items()
    ]


def value_text(value: Any) -> str:
    """Return a JSON value as a person reads it."""
    if value is None or value == "":
        return "—"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"


def field_differences(page: Any, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldDifference]:
    """Return the page's fields whose values differ."""
    labels = {item.name: str(item.verbose_name) for item in page._meta.concrete_fields}
    return [
        FieldDifference(name, labels.get(name, name), value_text(change["before"]), value_text(change["after"]))
        for name, change in field_changes(before, after).items()
    ]


def provenance_words(record: Mapping[str, Any] | None) -> str:
    """Return in words who made something, such as "a model (gpt-x)"."""
    source = str((record or {}).get("source", ""))
    if not source:
        return ""
    label = str(SOURCES.get(source, source))
    detail = (record or {}).get("model") or ((record or {}).get("by") if source in ("import", "rules") else "")
    return f"{label} ({detail})" if detail else label

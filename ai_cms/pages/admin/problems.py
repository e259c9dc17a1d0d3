"""What keeps a draft from being published, with the place of each error in words and as a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.types.registry import blocks

from ..snapshots import document_problems, missing_required

__all__ = ["Problem", "problems_of"]


@dataclass(frozen=True)
class Problem:
    """One error. ``place``: where, for people. ``anchor``: the id of the element it is about. ``path``: for programs."""

    place: str
    text: str
    anchor: str
    path: str


def problems_of(page: Any) -> list[Problem]:
    """Return everything that publishing the draft of ``page`` would be refused for."""
    found: list[Problem] = []
    for name, texts in missing_required(page).items():
        label = str(page._meta.get_field(name).verbose_name).capitalize()
        found.extend(Problem(label, str(text), f"id_{name}", name) for text in texts)
    for name, errors in document_problems(page).items():
        document: Document = getattr(page, name)
        for error in errors:
            place, block_id = _place(document, error.loc)
            anchor = f"aicb-{block_id}" if block_id else f"id_{name}"
            found.append(Problem(place, str(error.msg), anchor, ".".join(error.loc)))
    return found


def _place(document: Document, loc: list[str]) -> tuple[str, str]:
    """Return the place of an error, such as "1. Section / 2. Heading / text", and the id of its block."""
    steps: list[str] = []
    siblings: Any = document.blocks
    block_id = ""
    rest = list(loc)
    while rest and isinstance(siblings, list) and rest[0].isdecimal() and int(rest[0]) < len(siblings):
        position = int(rest.pop(0))
        block = siblings[position]
        kind = block.get("type", "")
        label = blocks[kind].block_meta.label if kind in blocks else kind
        steps.append(f"{position + 1}. {label}")
        block_id = str(block.get("id", ""))
        siblings = block.get("children") if rest[:1] == ["children"] else None
        if siblings is not None:
            rest.pop(0)
    if rest[:1] == ["props"]:
        steps.extend(rest[1:])
    return " / ".join(steps), block_id

"""What a run has brought, as its page shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.text import Truncator

from ai_cms.blocks.html.richtext import strip_tags_text
from ai_cms.blocks.types.registry import blocks

from ...core.jsontypes import JsonMapping

__all__ = ["written_blocks"]

#: Props that say best what a block is about, in order.
TELLING = ("heading", "text", "title", "label", "quote", "html", "items", "code")


def written_blocks(events: Iterable[tuple[int, str, object]]) -> list[tuple[str, str]]:
    """Return the blocks that the events of a run have shown, each with the label of its type and the beginning of its text."""
    found: list[tuple[str, str]] = []
    for _number, kind, data in events:
        if kind != "operation" or not isinstance(data, Mapping):
            continue
        if data.get("op") == "restart":
            found.clear()
        elif isinstance(data.get("block"), Mapping):
            block = data["block"]
            name = str(block.get("type"))
            label = str(blocks[name].block_meta.label) if name in blocks else name
            found.append((label, _beginning(block.get("props") or {})))
    return found


def _beginning(props: JsonMapping) -> str:
    for name in TELLING:
        value = props.get(name)
        if isinstance(value, list):
            value = ", ".join(item for item in value if isinstance(item, str))
        if isinstance(value, str) and value.strip():
            return Truncator(" ".join(strip_tags_text(value[:600]).split())).chars(100)
    return ""

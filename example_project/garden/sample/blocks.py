"""Write documents shortly: ``b("heading", text="Ferns", level=2)``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["SamplePage", "b", "picture", "with_ids"]


@dataclass(frozen=True)
class SamplePage:
    """One page of the sample site.

    ``key``: names it among the sample pages and begins the ids of its blocks. ``parent``: the key of the page above; empty
    for the root. ``type``: the model, ``"page"``, ``"event"``, ``"blog"`` or ``"post"``; ``fields``: of that type,
    the categories of a post by name. ``state``: ``"live"``,
    ``"draft"``, ``"changed"`` (live, with a newer draft titled ``draft_title``) or ``"scheduled"``. ``suggested``:
    operations that wait as a proposal, with ``suggested_title``.
    """

    key: str
    title: str
    slug: str
    blocks: Sequence[dict[str, Any]]
    parent: str = "home"
    type: str = "page"
    fields: dict[str, Any] = field(default_factory=dict)
    state: str = "live"
    draft_title: str = ""
    in_menus: bool = False
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    suggested_title: str = ""
    suggested: Sequence[dict[str, Any]] = ()

    @property
    def document(self) -> list[dict[str, Any]]:
        """The page's content as ai_cms takes it; the same ids at every call."""
        return with_ids(self.blocks, self.key)


def b(kind: str, *children: dict[str, Any], **props: Any) -> dict[str, Any]:
    """Return a block of the type ``kind``."""
    block: dict[str, Any] = {"type": kind, "props": props}
    if children:
        block["children"] = list(children)
    return block


def picture(name: str) -> str:
    """Return the address of one of the site's drawings."""
    return f"/static/garden/img/{name}.svg"


def with_ids(blocks: Sequence[dict[str, Any]], prefix: str) -> list[dict[str, Any]]:
    """Return the blocks with ids such as ``visit-2-1``."""
    result = []
    for number, block in enumerate(blocks, start=1):
        named = {"id": f"{prefix}-{number}", **block}
        if "children" in block:
            named["children"] = with_ids(block["children"], named["id"])
        result.append(named)
    return result

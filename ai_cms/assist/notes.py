"""Notes on a page, block by block: what a review brings, and who keeps it where people talk about blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ai_cms.core.jsontypes import JsonMapping
from ai_cms.core.permissions import Actor
from ai_cms.core.registry import Registry

__all__ = ["ReviewNote", "note_keepers"]


@dataclass(frozen=True)
class ReviewNote:
    """``block``: its id, "" for the page. ``about``: "accessibility", "readability" or "seo"."""

    block: str
    about: str
    text: str


#: By name: a function of the page, the notes, who asked for them, and the provenance; it returns how many it has kept.
note_keepers: Registry[Callable[[Any, Sequence[ReviewNote], Actor, JsonMapping], int]] = Registry("keeper of notes")

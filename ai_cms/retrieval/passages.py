"""Cut a published document into passages: by its blocks, under their headings, and never in the middle of a word.

Short blocks that stand beside each other under the same heading make one passage, so that a list keeps the sentence that
introduces it; a long one is split between sentences.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ai_cms.blocks.documents.document import Document, Walked
from ai_cms.blocks.types.reading import block_heading, block_text
from ai_cms.blocks.types.registry import blocks

from ..core.jsontypes import JsonObject
from .sentences import split_text

__all__ = ["CUTTING", "Passage", "cut_document"]

#: Counts the ways of cutting: publications that were cut in an older one are cut anew by ``rebuild_retrieval``.
CUTTING = 1


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a document that can be found and cited.

    ``block``: the id of the block that it begins in, not counting its heading. ``anchor``: the id of an element of the page
    that is at it or above it, if there is one. ``heading``: the headings above it and its own, outermost first.
    """

    block: str
    anchor: str
    heading: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class _Heading:
    level: int
    text: str
    anchor: str
    depth: int
    # A section's heading is that of what stands in it, and of nothing behind it.
    encloses: bool


@dataclass(slots=True)
class _Group:
    """Blocks that become one passage, or several where they are long."""

    heading: tuple[str, ...] = ()
    anchor: str = ""
    block: str = ""
    texts: list[str] = field(default_factory=list)
    length: int = 0
    #: Nothing but a heading so far: it belongs to what follows.
    waits: bool = False


def cut_document(document: Document, *, most: int) -> list[Passage]:
    """Return the passages of ``document`` in reading order, split where they are longer than ``most`` characters."""
    cutter = _Cutter(most)
    for walked in document.walk():
        cutter.take(walked)
    cutter.finish()
    return cutter.passages


class _Cutter:
    def __init__(self, most: int) -> None:
        self.most = most
        self.passages: list[Passage] = []
        self._path: list[_Heading] = []
        self._group = _Group()

    def take(self, walked: Walked) -> None:
        """Take the next block of the document."""
        left = self._leave(walked.depth)
        heading = _heading(walked)
        if heading is not None:
            self._enter(heading)
        text = block_text(walked.block).strip()
        anchor = _anchor(walked.block)
        full = self._group.length + len(text) > self.most and not self._group.waits
        if left or heading is not None or anchor or full:
            self._begin(anchor)
        if text:
            self._add(text, str(walked.block.get("id", "")), waits=heading is not None and text == heading.text)

    def finish(self) -> None:
        """Make passages of what has been taken since the last."""
        group = self._group
        for part in split_text("\n".join(group.texts), self.most):
            self.passages.append(Passage(group.block, group.anchor, group.heading, part))

    def _begin(self, anchor: str) -> None:
        self.finish()
        nearest = next((heading.anchor for heading in reversed(self._path) if heading.anchor), "")
        self._group = _Group(tuple(heading.text for heading in self._path), anchor or nearest)

    def _add(self, text: str, block: str, *, waits: bool) -> None:
        group = self._group
        if not group.block or group.waits:
            group.block = block
        group.waits = waits
        group.texts.append(text)
        group.length += len(text) + 1

    def _leave(self, depth: int) -> bool:
        """Forget the headings of containers that a block at ``depth`` no longer stands in; return whether there were any."""
        kept = [found for found in self._path if found.depth < depth or (found.depth == depth and not found.encloses)]
        left = len(kept) < len(self._path)
        self._path = kept
        return left

    def _enter(self, heading: _Heading) -> None:
        while self._path:
            last = self._path[-1]
            if last.level < heading.level or (last.encloses and last.depth < heading.depth):
                break
            self._path.pop()
        self._path.append(heading)


def _heading(walked: Walked) -> _Heading | None:
    found = block_heading(walked.block)
    text = found[1].strip() if found is not None else ""
    if found is None or not text:
        return None
    block_class = blocks.get(str(walked.block.get("type")))
    encloses = block_class is not None and block_class.block_meta.is_container
    return _Heading(found[0], text, _anchor(walked.block), walked.depth, encloses)


def _anchor(block: JsonObject) -> str:
    """Return the id that a block gives an element of the page."""
    props = block.get("props")
    found = props.get("anchor") if isinstance(props, dict) else None
    return found if isinstance(found, str) and len(found) <= 100 else ""

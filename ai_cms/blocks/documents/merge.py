"""Bringing two edits of one document together, block by block.

Each block has three sides: what it says (type, props, meta), which block it stands in, and its place among siblings.
A side that one edit alone changed is taken from that edit. Where both changed the same side differently, the block is
in conflict and ``theirs`` counts, except that a block one edit removed and the other changed is kept: nothing typed is
lost.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ...core.jsontypes import JsonObject
from .diff import is_regular, on_every_longest
from .document import Document, same_json

__all__ = ["Merged", "merge_documents"]

_MISSING: Any = object()


@dataclass(frozen=True)
class Merged:
    """The merged document, and the ids of the blocks both edits changed in different ways."""

    document: Document
    conflicts: list[str] = field(default_factory=list)


def merge_documents(base: Document, mine: Document, theirs: Document) -> Merged:
    """Merge two edits of ``base``. The structure rules are the caller's to check on the result."""
    if same_json(mine.blocks, base.blocks) or same_json(mine.blocks, theirs.blocks):
        return Merged(theirs)
    if same_json(theirs.blocks, base.blocks):
        return Merged(mine)
    if not all(map(is_regular, (base, mine, theirs))):
        return Merged(theirs, sorted(mine.ids() | theirs.ids()))
    return _Merger(base, mine, theirs).run()


class _Side:
    """One of the three documents, indexed."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.nodes, self.parents = document.index()

    def children(self, parent_id: str | None) -> list[str]:
        if parent_id is None:
            return [block["id"] for block in self.document.blocks]
        return [block["id"] for block in self.nodes.get(parent_id, {}).get("children", ())]

    def parent(self, block_id: str) -> Any:
        return self.parents.get(block_id, _MISSING)

    def content(self, block_id: str) -> JsonObject | None:
        """What a block says, without who wrote it."""
        block = self.nodes.get(block_id)
        if block is None:
            return None
        said = {key: value for key, value in block.items() if key not in ("children", "meta")}
        meta = {key: value for key, value in block.get("meta", {}).items() if key != "provenance"}
        return {**said, "meta": meta}


class _Merger:
    def __init__(self, base: Document, mine: Document, theirs: Document) -> None:
        self.base, self.mine, self.theirs = _Side(base), _Side(mine), _Side(theirs)
        self.conflicts: set[str] = set()
        self.alive: set[str] = set()
        self.parent: dict[str, str | None] = {}

    def run(self) -> Merged:
        ids = [*self.theirs.nodes, *(block_id for block_id in self.mine.nodes if block_id not in self.theirs.nodes)]
        for block_id in ids:
            if self._survives(block_id):
                self._keep(block_id)
        self._keep_parents()
        self._break_cycles()
        children: dict[str | None, list[str]] = {}
        for block_id in ids:
            if block_id in self.alive:
                children.setdefault(self.parent[block_id], []).append(block_id)
        document = Document(self._build(None, children))
        return Merged(document, [block_id for block_id in ids if block_id in self.conflicts])

    # Which blocks there are, and where

    def _survives(self, block_id: str) -> bool:
        in_mine, in_theirs = block_id in self.mine.nodes, block_id in self.theirs.nodes
        if block_id not in self.base.nodes or (in_mine and in_theirs):
            return True
        # One edit removed it: that stands if the other left it as it was.
        other = self.mine if in_mine else self.theirs
        if self._is_untouched(other, block_id):
            return False
        self.conflicts.add(block_id)
        return True

    def _is_untouched(self, side: _Side, block_id: str) -> bool:
        return side.parent(block_id) == self.base.parent(block_id) and same_json(
            side.content(block_id), self.base.content(block_id)
        )

    def _keep(self, block_id: str) -> None:
        self.alive.add(block_id)
        base, mine, theirs = (side.parent(block_id) for side in (self.base, self.mine, self.theirs))
        if theirs is _MISSING or mine is _MISSING:
            self.parent[block_id] = mine if theirs is _MISSING else theirs
        elif mine in (base, theirs):
            self.parent[block_id] = theirs
        elif theirs == base:
            self.parent[block_id] = mine
        else:
            self.conflicts.add(block_id)
            self.parent[block_id] = theirs

    def _keep_parents(self) -> None:
        """Keep removed blocks into which the other edit put something."""
        todo = list(self.alive)
        while todo:
            parent_id = self.parent[todo.pop()]
            if parent_id is not None and parent_id not in self.alive:
                self.conflicts.add(parent_id)
                self._keep(parent_id)
                todo.append(parent_id)

    def _break_cycles(self) -> None:
        """Undo my moves where, with theirs, they would put blocks inside each other."""
        while cycle := self._cycle():
            for block_id in cycle:
                if block_id in self.theirs.nodes:
                    self.conflicts.add(block_id)
                    self.parent[block_id] = self.theirs.parents[block_id]
                elif block_id in self.base.nodes:
                    self.conflicts.add(block_id)
                    self.parent[block_id] = None
            self._keep_parents()

    def _cycle(self) -> list[str]:
        done: set[str] = set()
        for start in self.alive:
            path: list[str] = []
            here: str | None = start
            on_path: set[str] = set()
            while here is not None and here not in done:
                if here in on_path:
                    return path[path.index(here) :]
                path.append(here)
                on_path.add(here)
                here = self.parent[here]
            done |= on_path
        return []

    # Putting it together

    def _build(self, parent_id: str | None, children: dict[str | None, list[str]]) -> list[JsonObject]:
        return [self._block(block_id, children) for block_id in self._order(parent_id, children.get(parent_id, []))]

    def _block(self, block_id: str, children: dict[str | None, list[str]]) -> JsonObject:
        source = self._source(block_id)
        inside = self._build(block_id, children)
        has_key = self._has_children_key(block_id)
        if not inside and not has_key:
            return (
                {key: value for key, value in source.items() if key != "children"} if "children" in source else source
            )
        old = source.get("children")
        if old is not None and len(old) == len(inside) and all(a is b for a, b in zip(old, inside, strict=True)):
            return source
        block = {key: value for key, value in source.items() if key not in ("children", "meta")}
        block["children"] = inside
        if "meta" in source:
            block["meta"] = source["meta"]
        return block

    def _source(self, block_id: str) -> JsonObject:
        """Return the block of the edit whose words count."""
        mine, theirs = self.mine.nodes.get(block_id), self.theirs.nodes.get(block_id)
        if theirs is None or mine is None:
            found = mine if theirs is None else theirs
            return found or {}
        base, my_words, their_words = (side.content(block_id) for side in (self.base, self.mine, self.theirs))
        if same_json(my_words, their_words):
            return theirs if not same_json(theirs.get("meta"), self.base.nodes.get(block_id, {}).get("meta")) else mine
        if same_json(my_words, base):
            return theirs
        if not same_json(their_words, base):
            self.conflicts.add(block_id)
            return theirs
        return mine

    def _has_children_key(self, block_id: str) -> bool:
        base, mine, theirs = (
            "children" in side.nodes[block_id] if block_id in side.nodes else None
            for side in (self.base, self.mine, self.theirs)
        )
        if theirs is None or mine is None:
            return bool(mine if theirs is None else theirs)
        return theirs if mine == base else mine

    def _order(self, parent_id: str | None, children: Iterable[str]) -> list[str]:
        """Return the children of a block in the order of the edit that changed it."""
        wanted = set(children)
        mine = [block_id for block_id in self.mine.children(parent_id) if block_id in wanted]
        theirs = [block_id for block_id in self.theirs.children(parent_id) if block_id in wanted]
        base = self.base.children(parent_id)
        common = set(base) & set(mine) & set(theirs)
        base, my_order, their_order = ([i for i in ids if i in common] for ids in (base, mine, theirs))
        first, second = (mine, theirs) if their_order == base != my_order else (theirs, mine)
        result = list(first)
        if their_order != base and my_order != base and my_order != their_order:
            my_moves, their_moves = _moved(base, my_order), _moved(base, their_order)
            self.conflicts |= my_moves & their_moves
            # Other blocks than theirs: they go where my edit put them.
            result = [block_id for block_id in theirs if block_id not in my_moves - their_moves]
        for ids in (second, self.base.children(parent_id), list(children)):
            _weave(result, [block_id for block_id in ids if block_id in wanted])
        return result


def _moved(before: list[str], after: list[str]) -> set[str]:
    """Return the blocks that may have moved between two orders; of two that changed places it may have been either."""
    position = {block_id: index for index, block_id in enumerate(before)}
    still = on_every_longest([position[block_id] for block_id in after])
    return {block_id for index, block_id in enumerate(after) if index not in still}


def _weave(result: list[str], others: list[str]) -> None:
    """Put what is missing of ``others`` behind the nearest one before it that is there."""
    present = set(result)
    before: str | None = None
    for block_id in others:
        if block_id not in present:
            result.insert(0 if before is None else result.index(before) + 1, block_id)
            present.add(block_id)
        before = block_id

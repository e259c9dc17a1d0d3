"""What leads from one document to another, as operations.

Blocks are matched by id. Among siblings that stay, the longest run already in order stays put and the others move, so
that one block dragged to another place is one operation.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from ...core.jsontypes import JsonObject
from ..exceptions import BlockError, InvalidDocument
from .document import Document, same_json
from .editing import Editor
from .operation_types import InsertOperation, MoveOperation, Operation, RemoveOperation, UpdateOperation, trusted

__all__ = ["diff_documents", "is_regular", "longest_increasing", "on_every_longest"]

_KEYS = frozenset({"id", "type", "v", "props", "children", "meta"})


def diff_documents(a: Document, b: Document) -> list[Operation]:
    """Return the operations that make ``b`` of ``a``, exactly, metadata included.

    Raises InvalidDocument if a block at the root of ``a`` has no id to remove it by.
    """
    if same_json(a.blocks, b.blocks):
        return []
    if not (is_regular(a) and is_regular(b)):
        return _replace_all(a, b)
    return _Differ(a, b).run()


def is_regular(document: Document) -> bool:
    """Return whether every block has an id of its own and no keys but the known, as all prepared documents have."""
    seen: set[str] = set()
    count = 0
    for walked in document.walk():
        block = walked.block
        block_id = block.get("id")
        if not isinstance(block_id, str) or block_id in seen or not block.keys() <= _KEYS:
            return False
        children = block.get("children", [])
        if not isinstance(children, list) or not isinstance(block.get("props", {}), dict):
            return False
        # An explicit null would be taken for an absent key.
        if any(block.get(key, 0) is None for key in _KEYS):
            return False
        seen.add(block_id)
        count += 1 + len(children)
    # walk() steps over what is no block at all.
    return count == len(seen) * 2 - len(document.blocks)


def longest_increasing(values: Sequence[int]) -> set[int]:
    """Return the indexes of a longest strictly increasing subsequence."""
    tails: list[int] = []
    tail_indexes: list[int] = []
    before: list[int] = []
    for index, value in enumerate(values):
        position = bisect_left(tails, value)
        before.append(tail_indexes[position - 1] if position else -1)
        if position == len(tails):
            tails.append(value)
            tail_indexes.append(index)
        else:
            tails[position] = value
            tail_indexes[position] = index
    result: set[int] = set()
    index = tail_indexes[-1] if tail_indexes else -1
    while index >= 0:
        result.add(index)
        index = before[index]
    return result


def on_every_longest(values: Sequence[int]) -> set[int]:
    """Return the indexes that every longest strictly increasing subsequence has: what nobody needs to have moved."""
    rising = _lengths(values)
    falling = _lengths([-value for value in reversed(values)])[::-1]
    longest = max(rising, default=0)
    on_one = [index for index in range(len(values)) if rising[index] + falling[index] - 1 == longest]
    rivals = Counter(rising[index] for index in on_one)
    return {index for index in on_one if rivals[rising[index]] == 1}


def _lengths(values: Sequence[int]) -> list[int]:
    """Return for each value the length of the longest increasing subsequence that ends there."""
    tails: list[int] = []
    found = []
    for value in values:
        at = bisect_left(tails, value)
        tails[at : at + 1] = [value]
        found.append(at + 1)
    return found


def _replace_all(a: Document, b: Document) -> list[Operation]:
    operations: list[Operation] = []
    for index, block in enumerate(a.blocks):
        if not isinstance(block, dict) or not isinstance(block.get("id"), str):
            raise InvalidDocument(BlockError([str(index), "id"], "missing", "The block has no id."))
        operations.append(trusted(RemoveOperation(id=block["id"])))
    operations.extend(trusted(InsertOperation(block=block)) for block in b.blocks)
    return operations


class _Differ:
    """Work on a copy of ``a`` while the operations are found, so that each is right for the state it meets."""

    def __init__(self, a: Document, b: Document) -> None:
        self.b = b
        self.old, self.old_parents = a.index()
        self.new, self.new_parents = b.index()
        self.kept = {block_id for block_id, block in self.new.items() if self._is_kept(block_id, block)}
        self.editor = Editor(a, allow_locked=True)
        self.operations: list[Operation] = []

    def run(self) -> list[Operation]:
        self._make_room()
        self._arrange(None, self.b.blocks)
        for walked in self.b.walk():
            self._arrange(walked.block["id"], walked.block.get("children", []))
        self._remove_rest()
        self._update()
        return self.operations

    def _is_kept(self, block_id: str, block: JsonObject) -> bool:
        old = self.old.get(block_id)
        if old is None or old.get("type") != block.get("type"):
            return False
        # No operation turns an absent children key into an empty list, or back.
        return bool(old.get("children") or block.get("children")) or ("children" in old) == ("children" in block)

    def _do(self, operation: Operation) -> None:
        self.editor.place = str(len(self.operations))
        self.editor._apply(trusted(operation))
        self.operations.append(operation)

    def _make_room(self) -> None:
        """Remove the blocks whose ids come back as other blocks; what stays of their insides waits at the root."""
        for block_id in self.new.keys() & self.old.keys() - self.kept:
            inner = [walked.block["id"] for walked in Document([self.editor.nodes[block_id]]).walk()][1:]
            for child_id in inner:
                parent_id = self.editor.parents[child_id]
                if child_id in self.new and parent_id is not None and self._is_below(child_id, block_id):
                    self._do(MoveOperation(id=child_id, **self._prune(parent_id)))
            parent_id = self.editor.parents[block_id]
            self._do(RemoveOperation(id=block_id, **self._prune(parent_id)))

    def _is_below(self, block_id: str, ancestor: str) -> bool:
        parent_id = self.editor.parents[block_id]
        while parent_id is not None and parent_id != ancestor:
            parent_id = self.editor.parents[parent_id]
        return parent_id == ancestor

    def _arrange(self, parent_id: str | None, children: list[JsonObject]) -> None:
        """Bring the children of one parent, which has its final place already, to theirs."""
        editor = self.editor
        wanted = [child["id"] for child in children]
        current = {block["id"]: index for index, block in enumerate(editor._siblings_of(parent_id))}
        present = [block_id for block_id in wanted if block_id in current]
        still = {present[index] for index in longest_increasing([current[block_id] for block_id in present])}
        place: JsonObject = {} if parent_id is None else {"parent": parent_id}
        before: str | None = None
        for child in children:
            child_id = child["id"]
            if child_id in still:
                pass
            elif child_id in editor.nodes:
                source = editor.parents[child_id]
                prune = {} if source == parent_id else self._prune(source)
                self._do(MoveOperation(id=child_id, **place, after=before, **prune))
            else:
                self._do(InsertOperation(block=self._shell(child), **place, after=before))
            before = child_id

    def _shell(self, block: JsonObject) -> JsonObject:
        """Return a new block without those inside it that exist already and will be moved there."""
        children = block.get("children")
        if not children:
            return block
        shells = [self._shell(child) for child in children if child["id"] not in self.editor.nodes]
        if len(shells) == len(children) and all(a is b for a, b in zip(shells, children, strict=True)):
            return block
        return {**block, "children": shells}

    def _remove_rest(self) -> None:
        for block_id in self.old:
            parent_id = self.editor.parents.get(block_id)
            if block_id in self.new or block_id not in self.editor.nodes:
                continue
            if parent_id is None or parent_id in self.new:
                self._do(RemoveOperation(id=block_id, **self._prune(parent_id)))

    def _prune(self, parent_id: str | None) -> JsonObject:
        """Return whether a parent that is left without children has no children key in the end."""
        target = self.new.get(parent_id) if parent_id is not None else None
        return {"prune": True} if target is not None and "children" not in target else {}

    def _update(self) -> None:
        for block_id in self.new:
            if block_id not in self.kept:
                continue
            old, new = self.old[block_id], self.new[block_id]
            changes: JsonObject = {}
            if not same_json(old.get("props"), new.get("props")):
                changes |= _props_change(old.get("props"), new.get("props"))
            for key in ("v", "meta"):
                if not same_json(old.get(key), new.get(key)):
                    changes[key] = new.get(key)
            if changes:
                self._do(UpdateOperation(id=block_id, **changes))


def _props_change(old: JsonObject | None, new: JsonObject | None) -> JsonObject:
    if old is None or new is None or not old.keys() <= new.keys():
        return {"props": new, "replace": True}
    return {"props": {key: value for key, value in new.items() if key not in old or not same_json(old[key], value)}}

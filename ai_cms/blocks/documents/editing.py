"""The editor behind :func:`ai_cms.blocks.documents.operations.apply_operations`: one batch on one document.

Copies only what changes: the blocks an operation names and those around them up to the root. Everything else in the new
document is the objects of the old.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from django.utils.translation import gettext as _

from ...core.jsontypes import JsonMapping, JsonObject
from ...core.permissions import ActorLike
from ..exceptions import BlockError, InvalidOperation
from ..types.registry import BlockRegistry, blocks
from .document import Document, same_json
from .operation_types import (
    Applied,
    InsertOperation,
    MoveOperation,
    Operation,
    RemoveOperation,
    UpdateOperation,
    trusted,
)
from .prepare import Preparer, is_locked, permission_error
from .provenance import provenance_after_edit, provenance_of
from .structure import Allowed, limit_errors, nesting_error, too_many_children, value_error
from .upgrade import is_known
from .validation import clean_props

__all__ = ["Editor"]

_LAST = object()


class Editor:
    """Apply operations one after the other to a working copy."""

    def __init__(
        self,
        document: Document,
        *,
        provenance: JsonMapping | None = None,
        allowed: Iterable[str] | None = None,
        actor: ActorLike = None,
        allow_locked: bool = False,
        registry: BlockRegistry = blocks,
    ) -> None:
        self.document = document
        self.provenance = provenance
        self.allowed = Allowed(allowed, registry)
        self.actor = actor
        self.allow_locked = allow_locked
        self.registry = registry
        nodes, parents = document.index()
        self.nodes, self.parents = dict(nodes), dict(parents)
        self.root = list(document.blocks)
        self.owned: set[str] = set()
        self.touched: set[str] = set()
        self.place = ""

    def run(self, operations: Iterable[Operation]) -> Applied:
        """Apply all operations. Raises InvalidOperation at the first that cannot be."""
        applied: list[Operation] = []
        inverse: list[Operation] = []
        for number, operation in enumerate(operations):
            self.place = str(number)
            done, undo = self._apply(operation)
            applied.append(trusted(done))
            inverse.append(trusted(undo))
        if not applied:
            return Applied(self.document)
        result = Document(self.root)
        errors = limit_errors(result, self.document)
        if errors:
            raise InvalidOperation(errors)
        inverse.reverse()
        return Applied(result, applied, inverse, self.touched)

    def _apply(self, operation: Operation) -> tuple[Operation, Operation]:
        if isinstance(operation, InsertOperation):
            return self._insert(operation)
        if isinstance(operation, UpdateOperation):
            return self._update(operation)
        if isinstance(operation, MoveOperation):
            return self._move(operation)
        return self._remove(operation)

    # The four

    def _insert(self, operation: InsertOperation) -> tuple[Operation, Operation]:
        parent_id = operation.parent
        siblings = self._siblings_of(parent_id)
        index = self._index(operation, siblings)
        if operation.trusted:
            block = operation.block
            if not isinstance(block.get("id"), str):
                self._refuse("missing", _("The block has no id."), "block", "id")
            for inner_id in _ids(block):
                if inner_id in self.nodes:
                    self._refuse("duplicate_id", _("The id %(id)s occurs twice.") % {"id": inner_id}, "block", "id")
        else:
            block = self._prepare(operation.block, parent_id, len(siblings))
        undo = RemoveOperation(id=block["id"], **self._prune(parent_id))
        self._put(block, parent_id, index)
        self._index_subtree(block, parent_id)
        self.touched.update(_ids(block))
        return operation.model_copy(update={"block": block}), undo

    def _update(self, operation: UpdateOperation) -> tuple[Operation, Operation]:
        block = self._find(operation.id)
        given = operation.model_fields_set
        changes: JsonObject = {}
        if operation.trusted:
            if operation.props or operation.replace:
                changes["props"] = self._merged(block, operation)
            changes |= {key: getattr(operation, key) for key in ("meta", "v") if key in given}
        else:
            changes = self._clean_update(block, operation)
        undo: JsonObject = {"id": operation.id}
        done: JsonObject = {"id": operation.id}
        if "props" in changes:
            undo |= {"props": block.get("props"), "replace": True}
            done |= {"props": changes["props"], "replace": True}
        for key in ("meta", "v"):
            if key in changes and not (key in block and same_json(changes[key], block[key])):
                undo[key] = block.get(key)
                done[key] = changes[key]
        if len(undo) == 1:
            # What changed nothing stays an operation that can be sent again: it sets no props.
            undo["props"], done["props"] = {}, {}
        block = self._own(operation.id)
        for key, value in changes.items():
            if value is None:
                block.pop(key, None)
            else:
                _set(block, key, value)
        self.touched.add(operation.id)
        return UpdateOperation(**done), UpdateOperation(**undo)

    def _move(self, operation: MoveOperation) -> tuple[Operation, Operation]:
        block = self._find(operation.id)
        source_id, target_id = self.parents[operation.id], operation.parent
        if not operation.trusted:
            self._check_unlocked(block)
            self._check_open(source_id)
        ancestor = target_id
        while ancestor is not None:
            if ancestor == operation.id:
                self._refuse("into_itself", _("A block cannot be moved into itself."), "parent")
            ancestor = self.parents.get(ancestor)
        target = self._siblings_of(target_id)
        if not operation.trusted:
            self._check_nesting(block, target_id, len(target) + (source_id != target_id))
        rest = [item for item in target if item is not block]
        index = self._index(operation, rest)
        undo = self._undo_place(operation.id, source_id)
        undo_prune = {} if source_id == target_id else self._prune(target_id)
        self._take(operation.id, operation.prune and source_id != target_id)
        self._put(block, target_id, index)
        self.parents[operation.id] = target_id
        self.touched.add(operation.id)
        return operation.model_copy(), MoveOperation(id=operation.id, **undo, **undo_prune)

    def _remove(self, operation: RemoveOperation) -> tuple[Operation, Operation]:
        block = self._find(operation.id)
        parent_id = self.parents[operation.id]
        if not operation.trusted:
            self._check_open(parent_id)
            for inner in _subtree(block):
                self._check_unlocked(inner)
        undo = self._undo_place(operation.id, parent_id)
        self._take(operation.id, operation.prune)
        for inner_id in _ids(block):
            self.nodes.pop(inner_id, None)
            self.parents.pop(inner_id, None)
            self.owned.discard(inner_id)
            self.touched.add(inner_id)
        return operation.model_copy(), InsertOperation(block=block, **undo)

    # What clients send

    def _prepare(self, raw: JsonObject, parent_id: str | None, siblings: int) -> JsonObject:
        self._check_open(parent_id)
        parent_type = "" if parent_id is None else str(self.nodes[parent_id].get("type", ""))
        preparer = Preparer(
            allowed=self.allowed,
            provenance=self.provenance,
            actor=self.actor,
            taken=self.nodes,
            registry=self.registry,
        )
        block = preparer.block(raw, parent_id, parent_type, (), self._depth(parent_id))
        if parent_type and (error := too_many_children(parent_type, siblings + 1, (), self.registry)):
            preparer.errors.append(error)
        if preparer.errors or block is None:
            raise InvalidOperation([error.under(self.place, "block") for error in preparer.errors])
        return block

    def _clean_update(self, block: JsonObject, operation: UpdateOperation) -> JsonObject:
        self._check_unlocked(block)
        if not is_known(block, self.registry):
            self._refuse("unknown_type", _("Blocks of an unknown type cannot be changed."), "id")
        block_class = self.registry[block["type"]]
        given = operation.model_fields_set
        if not given & {"props", "meta"}:
            self._refuse("missing", _("Say what to change."), "props")
        changes: JsonObject = {}
        record = provenance_of(block)
        if "props" in given:
            if (error := value_error(operation.props, ("props",))) is not None:
                raise InvalidOperation(error.under(self.place))
            props, _errors = clean_props(block_class, self._merged(block, operation) or {})
            changes["props"] = props
            if not same_json(props, block.get("props")):
                if (error := permission_error(block_class, self.actor, ("id",))) is not None:
                    raise InvalidOperation(error.under(self.place))
                if record is not None or self.provenance is not None:
                    record = provenance_after_edit(record, self.provenance)
        preparer = Preparer(registry=self.registry)
        own = block.get("meta") if "meta" not in given else operation.meta
        meta = preparer.client_meta(own, ("meta",)) if "meta" in given else {**(own or {})}
        if preparer.errors:
            raise InvalidOperation([error.under(self.place) for error in preparer.errors])
        meta.pop("provenance", None)
        if record:
            meta["provenance"] = dict(record)
        if not same_json(meta, block.get("meta") or {}):
            changes["meta"] = meta or None
        return changes

    def _merged(self, block: JsonObject, operation: UpdateOperation) -> JsonObject | None:
        if operation.replace or operation.props is None:
            return operation.props if operation.replace else block.get("props")
        return {**(block.get("props") or {}), **operation.props}

    def _check_unlocked(self, block: JsonObject) -> None:
        if not self.allow_locked and is_locked(block):
            self._refuse("locked", _("The block %(id)s is locked.") % {"id": block.get("id")}, "id")

    def _check_open(self, parent_id: str | None) -> None:
        """Refuse changes inside a block of an unknown type: its rules are unknown too."""
        while parent_id is not None:
            if not is_known(self.nodes[parent_id], self.registry):
                self._refuse("unknown_parent", _("Blocks inside one of an unknown type stay where they are."), "parent")
            parent_id = self.parents[parent_id]

    def _check_nesting(self, block: JsonObject, parent_id: str | None, count: int) -> None:
        self._check_open(parent_id)
        parent_type = "" if parent_id is None else str(self.nodes[parent_id].get("type", ""))
        error = None
        if is_known(block, self.registry):
            error = nesting_error(block["type"], parent_type, (), self.registry)
        if error is None and parent_type:
            error = too_many_children(parent_type, count, (), self.registry)
        if error is not None:
            raise InvalidOperation(error.under(self.place, "parent"))

    # The working copy

    def _find(self, block_id: str) -> JsonObject:
        block = self.nodes.get(block_id)
        if block is None:
            self._refuse("unknown_block", _("There is no block %(id)s.") % {"id": block_id}, "id")
        return block

    def _siblings_of(self, parent_id: str | None) -> list[JsonObject]:
        """Return the children of a parent for reading."""
        if parent_id is None:
            return self.root
        parent = self.nodes.get(parent_id)
        if parent is None:
            self._refuse("unknown_block", _("There is no block %(id)s.") % {"id": parent_id}, "parent")
        return parent.get("children") or []

    def _index(self, operation: InsertOperation | MoveOperation, siblings: list[JsonObject]) -> int:
        given = operation.model_fields_set
        if "before" in given and operation.before is not None:
            return self._index_of(operation.before, siblings, "before")
        if "after" not in given:
            return len(siblings)
        return 0 if operation.after is None else self._index_of(operation.after, siblings, "after") + 1

    def _index_of(self, block_id: str, siblings: list[JsonObject], key: str) -> int:
        for index, sibling in enumerate(siblings):
            if sibling.get("id") == block_id:
                return index
        self._refuse("unknown_sibling", _("There is no other block %(id)s in that place.") % {"id": block_id}, key)

    def _undo_place(self, block_id: str, parent_id: str | None) -> JsonObject:
        siblings = self._siblings_of(parent_id)
        index = self._index_of(block_id, siblings, "id")
        place: JsonObject = {} if parent_id is None else {"parent": parent_id}
        return {**place, "after": siblings[index - 1].get("id") if index else None}

    def _prune(self, parent_id: str | None) -> JsonObject:
        """Say that undoing must take away the children key again, if the parent has none yet."""
        return {"prune": True} if parent_id is not None and "children" not in self.nodes[parent_id] else {}

    def _own(self, block_id: str) -> JsonObject:
        """Return the block as a copy of this batch, which may be changed."""
        block = self.nodes[block_id]
        if block_id in self.owned:
            return block
        copy = dict(block)
        if isinstance(copy.get("children"), list):
            copy["children"] = list(copy["children"])
        parent_id = self.parents[block_id]
        siblings = self.root if parent_id is None else self._own(parent_id)["children"]
        siblings[self._index_of(block_id, siblings, "id")] = copy
        self.nodes[block_id] = copy
        self.owned.add(block_id)
        return copy

    def _put(self, block: JsonObject, parent_id: str | None, index: int) -> None:
        if parent_id is None:
            self.root.insert(index, block)
            return
        parent = self._own(parent_id)
        if "children" not in parent:
            _set(parent, "children", [])
        parent["children"].insert(index, block)

    def _take(self, block_id: str, prune: bool) -> None:
        parent_id = self.parents[block_id]
        parent = None if parent_id is None else self._own(parent_id)
        siblings = self.root if parent is None else parent["children"]
        del siblings[self._index_of(block_id, siblings, "id")]
        if prune and parent is not None and not siblings:
            del parent["children"]

    def _index_subtree(self, block: JsonObject, parent_id: str | None) -> None:
        todo: list[tuple[JsonObject, str | None]] = [(block, parent_id)]
        while todo:
            block, parent_id = todo.pop()
            self.nodes[block["id"]] = block
            self.parents[block["id"]] = parent_id
            todo.extend((child, block["id"]) for child in block.get("children") or () if "id" in child)

    def _depth(self, parent_id: str | None) -> int:
        depth = 0
        while parent_id is not None:
            depth += 1
            parent_id = self.parents[parent_id]
        return depth

    def _refuse(self, kind: str, msg: str, *steps: str) -> NoReturn:
        raise InvalidOperation(BlockError([self.place, *steps], kind, msg))


def _subtree(block: JsonObject) -> Iterable[JsonObject]:
    """Yield a block and all inside it."""
    yield block
    for walked in Document(block.get("children")).walk():
        yield walked.block


def _ids(block: JsonObject) -> Iterable[str]:
    return (inner["id"] for inner in _subtree(block) if isinstance(inner.get("id"), str))


#: The order of a block's keys; a key that is set later goes where it belongs, so that undoing restores every byte.
_KEY_ORDER = ("id", "type", "v", "props", "children", "meta")


def _set(block: JsonObject, key: str, value: object) -> None:
    if key in block:
        block[key] = value
        return
    later = _KEY_ORDER[_KEY_ORDER.index(key) + 1 :]
    moved = {name: block.pop(name) for name in later if name in block}
    block[key] = value
    block.update(moved)

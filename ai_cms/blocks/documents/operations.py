"""The four operations on a document, and applying a batch of them.

====== =================================================================================================
insert ``block``, and where: ``parent`` (absent: the root) with ``after`` or ``before``
update ``id``, ``props`` merged key by key (``replace``: replacing all), ``meta`` (replacing all but provenance)
move   ``id``, and where
remove ``id``
====== =================================================================================================

``after: null`` is the first place, no ``after`` and no ``before`` the last. A batch is all or nothing. Each applied
operation has an inverse; the inverse batch restores the document exactly, metadata included.

What a client sends is parsed by :func:`parse_operations` and is never believed: its provenance is dropped, its props
are cleaned, its places are checked. Operations made here (inverses, differences) are applied to the letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, TypeAdapter, ValidationError

from ..exceptions import BlockError, InvalidOperation
from .document import Document

__all__ = [
    "Applied",
    "InsertOperation",
    "MoveOperation",
    "Operation",
    "RemoveOperation",
    "UpdateOperation",
    "apply_operations",
    "parse_operations",
]

#: A batch has at most this many operations.
MAX_OPERATIONS = 5_000

BlockId = Annotated[str, Field(max_length=64, description="The id of a block in the document.")]


class _Base(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    # Set on what this package makes itself; never by parsing what a client sent.
    _trusted: bool = PrivateAttr(default=False)
    _order: ClassVar[tuple[str, ...]] = (
        "op",
        "id",
        "block",
        "parent",
        "after",
        "before",
        "props",
        "replace",
        "meta",
        "v",
        "prune",
    )

    @property
    def trusted(self) -> bool:
        """Whether the operation was made by the server and is applied to the letter."""
        return self._trusted

    def to_json(self) -> dict[str, Any]:
        """Return the operation as JSON values; keys that were not given are absent."""
        given = self.model_fields_set
        return {name: getattr(self, name) for name in type(self)._order if name == "op" or name in given}


class _Placed(_Base):
    parent: BlockId | None = Field(
        default=None, description="The block to stand in; absent for the root of the document."
    )
    after: BlockId | None = Field(
        default=None, description="The sibling to follow; null for the first place, absent for last."
    )
    before: BlockId | None = Field(default=None, description="The sibling to precede, in place of after.")


class InsertOperation(_Placed):
    """Put a new block, with all that is inside it, somewhere."""

    op: Literal["insert"] = "insert"
    block: dict[str, Any] = Field(description="The block: type, props, and for containers children.")


class UpdateOperation(_Base):
    """Change the props of a block."""

    op: Literal["update"] = "update"
    id: BlockId
    props: dict[str, Any] | None = Field(default=None, description="Props to set; those not named stay as they are.")
    replace: bool = Field(default=False, description="Whether props replaces all props.")
    meta: dict[str, Any] | None = Field(default=None, description="Replaces locked and placeholder; provenance stays.")
    v: int | None = Field(default=None, description="Written by the server when it restores an older block.")


class MoveOperation(_Placed):
    """Put a block, with all that is inside it, somewhere else."""

    op: Literal["move"] = "move"
    id: BlockId
    prune: bool = Field(default=False, description="Whether a parent that is left empty loses its children key.")


class RemoveOperation(_Base):
    """Take a block and all that is inside it away."""

    op: Literal["remove"] = "remove"
    id: BlockId
    prune: bool = Field(default=False, description="Whether a parent that is left empty loses its children key.")


Operation = InsertOperation | UpdateOperation | MoveOperation | RemoveOperation

_adapter: TypeAdapter[Operation] = TypeAdapter(Annotated[Operation, Field(discriminator="op")])


@dataclass(frozen=True)
class Applied:
    """What a batch did.

    ``operations``: as applied, with ids and provenance filled in. ``inverse``: the batch that undoes it. ``touched``:
    the ids of all blocks that were inserted, changed, moved or removed, those inside included.
    """

    document: Document
    operations: list[Operation] = field(default_factory=list)
    inverse: list[Operation] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)


def trusted(operation: Operation) -> Operation:
    """Return ``operation``, marked as made by the server."""
    operation._trusted = True
    return operation


def parse_operations(data: Any, *, trusted: bool = False) -> list[Operation]:
    """Return the operations in JSON values (or one operation). Raises InvalidOperation with the place of each error.

    ``trusted``: the data was made by the server and kept safe since, as the inverse of an edit in a revision.
    """
    if isinstance(data, Mapping):
        data = [data]
    if not isinstance(data, list | tuple):
        raise InvalidOperation(BlockError([], "list_type", "Operations are a list."))
    if len(data) > MAX_OPERATIONS:
        raise InvalidOperation(BlockError([], "too_long", f"A batch has at most {MAX_OPERATIONS} operations."))
    operations: list[Operation] = []
    errors: list[BlockError] = []
    for index, item in enumerate(data):
        if isinstance(item, _Base):
            operations.append(item)  # type: ignore[arg-type]
            continue
        try:
            operation = _adapter.validate_python(item)
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_context=False, include_input=False):
                # The first step is the tag of the union, which is no place in the input.
                loc = [str(index), *map(str, problem["loc"][1:])]
                errors.append(BlockError(loc, problem["type"], problem["msg"]))
            continue
        if isinstance(operation, _Placed) and {"after", "before"} <= operation.model_fields_set:
            errors.append(BlockError([str(index)], "two_places", "Give after or before, not both."))
        operation._trusted = trusted
        operations.append(operation)
    if errors:
        raise InvalidOperation(errors)
    return operations


def operations_schema(ref_template: str = "#/$defs/{model}") -> dict[str, Any]:
    """Return the JSON Schema of one operation."""
    return _adapter.json_schema(ref_template=ref_template)


def apply_operations(
    document: Document,
    operations: Iterable[Operation | Mapping[str, Any]] | Mapping[str, Any],
    *,
    provenance: Mapping[str, Any] | None = None,
    allowed: Iterable[str] | None = None,
    actor: Any = None,
    allow_locked: bool = False,
) -> Applied:
    """Apply a batch to a document and return the new one; the given one stays as it is.

    ``provenance``: the record of who writes, put on inserted blocks and on those whose props change. ``allowed``: the
    types that are admitted. ``actor``: whose permission blocks such as raw HTML need. ``allow_locked``: let locked
    blocks change.

    Raises InvalidOperation for the first operation that cannot be applied; nothing is applied then. Field errors are
    no reason: see :meth:`Document.validate`.
    """
    from .editing import Editor

    if not isinstance(operations, Mapping | list):
        operations = list(operations)
    parsed = parse_operations(operations)
    editor = Editor(document, provenance=provenance, allowed=allowed, actor=actor, allow_locked=allow_locked)
    return editor.run(parsed)

"""The four operations on a document as types, and what applying a batch of them gives.

====== =================================================================================================
insert ``block``, and where: ``parent`` (absent: the root) with ``after`` or ``before``
update ``id``, ``props`` merged key by key (``replace``: replacing all), ``meta`` (replacing all but provenance)
move   ``id``, and where
remove ``id``
====== =================================================================================================

``after: null`` is the first place, no ``after`` and no ``before`` the last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from ...core.jsontypes import JsonObject
from .document import Document

__all__ = [
    "Applied",
    "BaseOperation",
    "InsertOperation",
    "MoveOperation",
    "Operation",
    "PlacedOperation",
    "RemoveOperation",
    "UpdateOperation",
    "trusted",
]

BlockId = Annotated[str, Field(max_length=64, description="The id of a block in the document.")]


class BaseOperation(BaseModel):
    """What the four have in common."""

    # Built at the first use: a project starts sooner, and most processes never parse an operation.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

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

    def to_json(self) -> JsonObject:
        """Return the operation as JSON values; keys that were not given are absent."""
        given = self.model_fields_set
        return {name: getattr(self, name) for name in type(self)._order if name == "op" or name in given}


class PlacedOperation(BaseOperation):
    """An operation that says where a block goes."""

    parent: BlockId | None = Field(
        default=None, description="The block to stand in; absent for the root of the document."
    )
    after: BlockId | None = Field(
        default=None, description="The sibling to follow; null for the first place, absent for last."
    )
    before: BlockId | None = Field(default=None, description="The sibling to precede, in place of after.")


class InsertOperation(PlacedOperation):
    """Put a new block, with all that is inside it, somewhere."""

    op: Literal["insert"] = "insert"
    block: JsonObject = Field(description="The block: type, props, and for containers children.")


class UpdateOperation(BaseOperation):
    """Change the props of a block."""

    op: Literal["update"] = "update"
    id: BlockId
    props: JsonObject | None = Field(default=None, description="Props to set; those not named stay as they are.")
    replace: bool = Field(default=False, description="Whether props replaces all props.")
    meta: JsonObject | None = Field(default=None, description="Replaces locked and placeholder; provenance stays.")
    v: int | None = Field(default=None, description="Written by the server when it restores an older block.")


class MoveOperation(PlacedOperation):
    """Put a block, with all that is inside it, somewhere else."""

    op: Literal["move"] = "move"
    id: BlockId
    prune: bool = Field(default=False, description="Whether a parent that is left empty loses its children key.")


class RemoveOperation(BaseOperation):
    """Take a block and all that is inside it away."""

    op: Literal["remove"] = "remove"
    id: BlockId
    prune: bool = Field(default=False, description="Whether a parent that is left empty loses its children key.")


Operation = InsertOperation | UpdateOperation | MoveOperation | RemoveOperation


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

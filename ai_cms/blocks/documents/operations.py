"""Reading batches of operations, and applying them to documents.

A batch is all or nothing. Each applied operation has an inverse; the inverse batch restores the document exactly,
metadata included.

What a client sends is parsed by :func:`parse_operations` and is never believed: its provenance is dropped, its props
are cleaned, its places are checked. Operations made here (inverses, differences) are applied to the letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from ...core.jsontypes import JsonMapping, JsonObject
from ...core.permissions import ActorLike
from ..exceptions import BlockError, InvalidOperation
from .document import Document
from .editing import Editor
from .operation_types import (
    Applied,
    BaseOperation,
    InsertOperation,
    MoveOperation,
    Operation,
    PlacedOperation,
    RemoveOperation,
    UpdateOperation,
)

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

_adapter: TypeAdapter[Operation] = TypeAdapter(
    Annotated[Operation, Field(discriminator="op")], config=ConfigDict(defer_build=True)
)


def parse_operations(data: object, *, trusted: bool = False) -> list[Operation]:
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
        if isinstance(item, BaseOperation):
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
        if isinstance(operation, PlacedOperation) and {"after", "before"} <= operation.model_fields_set:
            errors.append(BlockError([str(index)], "two_places", "Give after or before, not both."))
        operation._trusted = trusted
        operations.append(operation)
    if errors:
        raise InvalidOperation(errors)
    return operations


def operations_schema(ref_template: str = "#/$defs/{model}") -> JsonObject:
    """Return the JSON Schema of one operation."""
    return _adapter.json_schema(ref_template=ref_template)


def apply_operations(
    document: Document,
    operations: Iterable[Operation | JsonMapping] | JsonMapping,
    *,
    provenance: JsonMapping | None = None,
    allowed: Iterable[str] | None = None,
    actor: ActorLike = None,
    allow_locked: bool = False,
) -> Applied:
    """Apply a batch to a document and return the new one; the given one stays as it is.

    ``provenance``: the record of who writes, put on inserted blocks and on those whose props change. ``allowed``: the
    types that are admitted. ``actor``: whose permission blocks such as raw HTML need. ``allow_locked``: let locked
    blocks change.

    Raises InvalidOperation for the first operation that cannot be applied; nothing is applied then. Field errors are
    no reason: see :meth:`Document.validate`.
    """
    if not isinstance(operations, Mapping | list):
        operations = list(operations)
    parsed = parse_operations(operations)
    editor = Editor(document, provenance=provenance, allowed=allowed, actor=actor, allow_locked=allow_locked)
    return editor.run(parsed)

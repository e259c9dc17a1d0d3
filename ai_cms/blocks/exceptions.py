"""The errors of blocks and documents.

::

    InvalidInput (400)
    ├── InvalidDocument     a document breaks the structure rules or limits; ``errors`` names each place
    └── InvalidOperation    a batch of operations cannot be applied; ``errors`` names each operation

    Unprocessable (422)
    └── RenderFailed        a block's template raised while a page was published

    ImproperlyConfigured (Django's)
    └── InvalidBlockClass   a class of blocks cannot be used as it is written
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured, ValidationError

from ai_cms.core.exceptions import InvalidInput, Unprocessable

from ..core.jsontypes import JsonObject

__all__ = [
    "BlockError",
    "InvalidBlockClass",
    "InvalidDocument",
    "InvalidOperation",
    "RenderFailed",
    "document_validation_error",
]


class InvalidBlockClass(ImproperlyConfigured):
    """A class of blocks cannot be used as it is written; the message names the class, the field and what to do."""


@dataclass(frozen=True, slots=True)
class BlockError:
    """One thing wrong in a document.

    ``loc``: the path from the root list, every step a string (``["1", "children", "0", "props", "text"]``).
    ``type``: stable, for programs. ``msg``: a sentence for a person.
    """

    loc: list[str]
    type: str
    msg: str

    def to_json(self) -> JsonObject:
        """Return the error as it appears in a REST answer."""
        return {"loc": list(self.loc), "type": self.type, "msg": str(self.msg)}

    def under(self, *steps: str | int) -> BlockError:
        """Return the same error with ``steps`` put before its path."""
        return BlockError([*(str(step) for step in steps), *self.loc], self.type, self.msg)


class _DocumentErrors(InvalidInput):
    """Carry a list of BlockError under one key of the answer."""

    field = ""

    def __init__(self, errors: Iterable[BlockError] | BlockError, *, field: str | None = None) -> None:
        self.block_errors: Sequence[BlockError] = [errors] if isinstance(errors, BlockError) else list(errors)
        key = field or self.field
        super().__init__(errors={key: [error.to_json() for error in self.block_errors]})


class InvalidDocument(_DocumentErrors):
    """A document breaks the structure rules or limits."""

    field = "content_json"
    default_code = "invalid_document"
    default_detail = "The document is not valid."


class InvalidOperation(_DocumentErrors):
    """A batch of operations cannot be applied; nothing of it was."""

    field = "operations"
    default_code = "invalid_operation"
    default_detail = "The operations cannot be applied."


class RenderFailed(Unprocessable):
    """A block's template raised, or its props are not valid, where that must not be passed over."""

    default_code = "render_failed"
    default_detail = "A block could not be rendered."

    def __init__(self, error: BlockError, *, field: str = "content_json") -> None:
        self.block_error = error
        super().__init__(errors={field: [error.to_json()]})


def document_validation_error(errors: Iterable[BlockError]) -> ValidationError:
    """Return Django's validation error with one message for each place; ``params["error"]`` is the BlockError."""
    return ValidationError(
        [
            ValidationError(
                "%(path)s: %(msg)s",
                code=item.type,
                params={"path": ".".join(item.loc) or "[]", "msg": item.msg, "error": item},
            )
            for item in errors
        ]
    )

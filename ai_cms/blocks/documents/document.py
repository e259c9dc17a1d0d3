"""A document: the list of blocks that is a page's content, with everything that can be asked of it.

A document is a value; :mod:`ai_cms.blocks.documents.operations` makes new ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import shorten

from ...core.jsontypes import JsonObject
from ..exceptions import BlockError, InvalidDocument
from .outline import document_headings, document_outline, document_text
from .structure import structure_errors
from .tree import BlockTree, Walked, is_block_id, new_block_id, same_json
from .validation import validate_document

__all__ = ["Document", "Walked", "is_block_id", "new_block_id", "same_json"]


class Document(BlockTree):
    """Wrap the raw list of a document.

    Blocks of an older version are upgraded when :attr:`blocks` is first read; ``raw`` stays what was given. A value
    that is not a list counts as an empty document that fails :meth:`check_structure`.
    """

    __slots__ = ()

    # Reading

    def text(self) -> str:
        """Return the plain text, one line a paragraph, for search and for models."""
        return document_text(self)

    def headings(self) -> list[tuple[int, str, str]]:
        """Return (level, plain text, block id) of each block that opens a part of the page."""
        return document_headings(self)

    @property
    def outline(self) -> list[JsonObject]:
        """The tree of blocks as ``{"id", "type", "label", "text", "children"}``, for overviews and for models."""
        return document_outline(self)

    # Checking

    def validate(self, strict: bool = True) -> list[BlockError]:
        """Return what is wrong with the fields and the number of children.

        ``strict``: also report what drafts may have for good, unknown types and broken upgrades.
        """
        return validate_document(self, strict=strict)

    def check_structure(self, allowed: Iterable[str] | None = None) -> None:
        """Raise InvalidDocument for unknown places, bad or repeated ids, forbidden nesting, and limits."""
        errors = structure_errors(self, allowed)
        if errors:
            raise InvalidDocument(errors)

    def __str__(self) -> str:
        return shorten(self.text(), 300, placeholder=" …")

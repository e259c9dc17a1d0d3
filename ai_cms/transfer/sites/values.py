"""Read single values of exported files, refusing what is of another kind with the name of the file."""

from __future__ import annotations

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.blocks.exceptions import InvalidDocument
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor

from ..exceptions import ImportRefused

__all__ = ["count_of", "document_of", "mapping_of", "text_of"]

MAX_COUNT = 2_147_483_647


def mapping_of(value: object, name: str, file: str) -> JsonObject:
    """Return an object."""
    if not isinstance(value, dict):
        raise ImportRefused(f"“{name}” is an object.", source=file)
    return value


def text_of(value: object, name: str, file: str, *, limit: int) -> str:
    """Return a text of at most ``limit`` characters; empty for ``None``."""
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > limit:
        raise ImportRefused(f"“{name}” is a text of at most {limit} characters.", source=file)
    return value


def count_of(value: object, name: str, file: str) -> int | None:
    """Return a whole number from 0, or ``None``."""
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MAX_COUNT:
        raise ImportRefused(f"“{name}” is a whole number.", source=file)
    return value


def document_of(value: object, file: str, actor: Actor) -> Document:
    """Return a document as it is stored: sanitised, with unknown blocks and provenance as they were exported."""
    raw = [] if value is None else value
    try:
        # Its own predecessor: blocks that pass unchanged keep everything the server wrote.
        return prepare_document(
            raw,
            previous=Document(raw) if isinstance(raw, list) else None,
            actor=actor,
            allow_unknown=True,
            allow_locked=True,
            trust_meta=True,
        )
    except InvalidDocument as error:
        first = error.block_errors[0] if error.block_errors else None
        place = "/".join(first.loc) if first else ""
        raise ImportRefused(
            f"The document is not valid: {first.msg if first else error} ({place})", source=file
        ) from None

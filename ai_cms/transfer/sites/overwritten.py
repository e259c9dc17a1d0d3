"""Read the versions that autosaves have overwritten: each as the operations that lead back to it from the next."""

from __future__ import annotations

import json
from typing import Any

from ai_cms.blocks.documents.diff import diff_documents
from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.operations import apply_operations, parse_operations
from ai_cms.blocks.exceptions import InvalidDocument, InvalidOperation
from ai_cms.core.permissions import Actor
from ai_cms.pages.revisions import MAX_WAY_BACK

from ..exceptions import ImportRefused
from .values import count_of, document_of

__all__ = ["overwritten_of"]


def overwritten_of(value: object, document: Document, file: str, actor: Actor) -> list[list[Any]]:
    """Return the way back from ``document``, made anew over documents that are sanitised as all are.

    Versions that cannot be led back to, and those before them, are left out: they only help edits that were begun on them.
    """
    steps = value or []
    if not isinstance(steps, list) or not all(isinstance(step, list) and len(step) == 2 for step in steps):
        raise ImportRefused("“overwritten” is a list of versions, each with its operations.", source=file)
    found: list[list[Any]] = []
    for version, operations in reversed(steps):
        number = count_of(version, "overwritten", file)
        try:
            raw = apply_operations(document, parse_operations(operations, trusted=True), allow_locked=True).document
            before = document_of(raw.to_json(), file, actor)
        except (InvalidDocument, InvalidOperation, ImportRefused):
            break
        step = [number, [operation.to_json() for operation in diff_documents(document, before)]]
        if len(json.dumps([step, *found])) > MAX_WAY_BACK:
            break
        found.insert(0, step)
        document = before
    return found

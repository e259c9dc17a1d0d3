"""Whether what is read came from outside: brought by an importer, so that it may hold what was meant for whoever reads it."""

from __future__ import annotations

from collections.abc import Collection

from ai_cms.blocks.documents.provenance import provenance_of

from .models import Revision, RevisionKind

__all__ = ["imported_among", "outside_in"]


def imported_among(keys: Collection[int]) -> bool:
    """Return whether one of these pages was brought by an importer."""
    return bool(keys) and Revision.objects.filter(page_id__in=keys, kind=RevisionKind.IMPORT).exists()


def outside_in(answer: object) -> str:
    """Return what of an answer as JSON values came from outside, in words; "" for nothing.

    Pages are told by their key (``page``, or the ``id`` beside a ``path``), blocks by their provenance.
    """
    keys: set[int] = set()
    if _walk(answer, keys):
        return "imported blocks"
    return "imported pages" if imported_among(keys) else ""


def _walk(value: object, keys: set[int]) -> bool:
    """Collect the keys of pages; return whether an imported block was met."""
    if isinstance(value, dict):
        if (provenance_of(value) or {}).get("source") == "import":
            return True
        key = value.get("page") if "page" in value else value.get("id") if "path" in value else None
        if isinstance(key, int):
            keys.add(key)
        return any(_walk(inner, keys) for inner in value.values())
    return isinstance(value, list) and any(_walk(inner, keys) for inner in value)

"""Who made a block: a person, an importer, a rule, or a model and by which logged call.

Stored as ``meta.provenance`` of the block and written by the server alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal, TypedDict

from django.utils import timezone

from ...core.jsontypes import JsonMapping, JsonObject
from .tree import BlockTree

__all__ = ["Provenance", "Source", "make_provenance", "provenance_after_edit", "provenance_of", "provenance_summary"]

Source = Literal["human", "import", "rules", "model"]
SOURCES: tuple[Source, ...] = ("human", "import", "rules", "model")


class Provenance(TypedDict, total=False):
    """``by``: the user's primary key, or the importer's or agent's name. ``call``: id in the log of model calls."""

    source: Source
    by: str
    model: str
    call: str
    at: str
    edited: bool


def make_provenance(
    source: Source, *, by: object = None, model: str | None = None, call: object = None, at: str | None = None
) -> Provenance:
    """Return a provenance record for now; ``at`` is an ISO 8601 time. Raises ValueError for an unknown source."""
    if source not in SOURCES:
        raise ValueError(f"The source of a block is one of {', '.join(SOURCES)}, not {source!r}.")
    record: Provenance = {"source": source}
    if by is not None and by != "":
        record["by"] = str(by)
    if model:
        record["model"] = model
    if call is not None and call != "":
        record["call"] = str(call)
    record["at"] = at or timezone.now().isoformat(timespec="seconds")
    return record


def provenance_of(block: JsonMapping) -> JsonObject | None:
    """Return a block's provenance record, or ``None``."""
    meta = block.get("meta")
    record = meta.get("provenance") if isinstance(meta, Mapping) else None
    return record if isinstance(record, dict) else None


def provenance_after_edit(previous: JsonMapping | None, writer: JsonMapping | None) -> JsonObject | None:
    """Return the provenance of a block whose props ``writer`` changed.

    A person's edit of what a model, a rule or an importer made keeps the origin and says ``edited``; so does an edit by
    nobody in particular. Everything else is the writer's from now on.
    """
    if previous is not None and (writer is None or (writer.get("source") == "human" != previous.get("source"))):
        return {**previous, "edited": True} if previous.get("source") != "human" else dict(previous)
    return None if writer is None else dict(writer)


def provenance_summary(document: BlockTree) -> JsonObject:
    """Count the blocks of a document by source, for the machine-readable marks of a page.

    Returns ``{"blocks", "sources": {source: count}, "edited", "models": [names]}``; blocks without a record count as
    ``"unknown"``, ``edited`` counts model-made blocks that a person has worked on since.
    """
    sources: Counter[str] = Counter()
    models: set[str] = set()
    total = edited = 0
    for walked in document.walk():
        record = provenance_of(walked.block) or {}
        total += 1
        sources[record.get("source") or "unknown"] += 1
        if record.get("source") == "model":
            edited += bool(record.get("edited"))
            if record.get("model"):
                models.add(str(record["model"]))
    return {"blocks": total, "sources": dict(sorted(sources.items())), "edited": edited, "models": sorted(models)}

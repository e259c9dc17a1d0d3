"""Provenance of what an actor writes, in the shape blocks carry in ``meta.provenance``."""

from __future__ import annotations

from ai_cms.blocks.documents.provenance import Source, make_provenance
from ai_cms.core.permissions import Actor

from ..core.jsontypes import JsonMapping, JsonObject

__all__ = ["digital_source_type", "public_blocks", "written_by"]

_SCHEMA = "https://schema.org/"


def written_by(actor: Actor, source: Source = "human", *, model: str = "", call: str = "") -> JsonObject:
    """Return the provenance of a write by ``actor``: an agent's or importer's name stands before the user it acts for.

    ``model`` and ``call``: which model, in which logged call. What an agent writes is a model's, whoever it acts for.
    """
    is_agent = actor.agent is not None or actor.via == "agent" or bool(actor.label and actor.via == "session")
    if source == "human" and is_agent:
        source = "model"
    by = actor.label or (actor.account.pk if actor.account is not None else None)
    return dict(make_provenance(source, by=by, model=model, call=call))


def digital_source_type(summary: JsonMapping) -> str:
    """Return how a text came to be, as an address of schema.org; "" where nothing is known of it.

    ``summary``: of :func:`ai_cms.blocks.documents.provenance.provenance_summary`. What a model wrote alone is its; what people
    worked on since, or wrote a part of, is composed with it.
    """
    sources: dict[str, int] = summary["sources"]
    by_model = sources.get("model", 0)
    if not by_model:
        return f"{_SCHEMA}DigitalCreationDigitalSource" if sources.get("human") else ""
    if by_model == summary["blocks"] and not summary["edited"]:
        return f"{_SCHEMA}TrainedAlgorithmicMediaDigitalSource"
    return f"{_SCHEMA}CompositeWithTrainedAlgorithmicMediaDigitalSource"


def public_blocks(blocks: list[JsonObject], *, marked: bool) -> list[JsonObject]:
    """Return blocks as anonymous visitors may see them.

    With who made them as a kind (``marked``), without names, accounts and log ids.
    """
    found = []
    for block in blocks:
        shown = {key: value for key, value in block.items() if key not in ("meta", "children")}
        record = (block.get("meta") or {}).get("provenance")
        if marked and isinstance(record, dict):
            shown["meta"] = {
                "provenance": {key: record[key] for key in ("source", "model", "at", "edited") if key in record}
            }
        pictures = (block.get("meta") or {}).get("pictures")
        if pictures:
            shown.setdefault("meta", {})["pictures"] = pictures
        if "children" in block:
            shown["children"] = public_blocks(block["children"], marked=marked)
        found.append(shown)
    return found

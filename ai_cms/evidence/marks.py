"""What a block's provenance says, in the words of evidence; and the mark by which an acceptance knows what it is about."""

from __future__ import annotations

import hashlib
import json
from typing import Literal, get_args

from ai_cms.blocks.documents.provenance import provenance_of
from ai_cms.core.jsontypes import JsonMapping

__all__ = ["KINDS", "Kind", "kind_of", "mark_of"]

#: How a block came to be. ``model_accepted``: a person has looked at it and accepted it; ``…_edited``: and changed it, before or
#: after; ``model_unreviewed``: nobody answers for it.
Kind = Literal["person", "imported", "rules", "model_accepted", "model_accepted_edited", "model_unreviewed", "unknown"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_PLAIN: dict[str, Kind] = {"human": "person", "import": "imported", "rules": "rules"}


def mark_of(block: JsonMapping) -> str:
    """Return the digest of who wrote a block and when: another one as soon as it is written anew, not when a person edits it."""
    record = provenance_of(block) or {}
    values = [record.get(name) for name in ("source", "by", "model", "call", "at")]
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:32]


def kind_of(block: JsonMapping, *, accepted: bool) -> Kind:
    """Return how a block came to be; ``accepted``: a person has accepted what it is."""
    record = provenance_of(block) or {}
    source = str(record.get("source") or "")
    if source != "model":
        return _PLAIN.get(source, "unknown")
    if not accepted:
        return "model_unreviewed"
    return "model_accepted_edited" if record.get("edited") else "model_accepted"

"""What becomes of each act."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ai_cms.core.jsontypes import JsonObject

from ..models import Act

__all__ = ["Item", "Plan", "Word"]

#: "reverted": taken back. "partly": but for what people worked on since. "left": not at all. "nothing": there is nothing (any
#: more) to take back.
Word = Literal["reverted", "partly", "left", "nothing"]


@dataclass
class Item:
    """One act and what becomes of it. ``reason``: why not all of it. ``blocks``, ``fields``: what stays of an edit."""

    act: Act
    outcome: Word = "reverted"
    reason: str = ""
    blocks: list[str] = field(default_factory=list)
    fields: list[str] = field(default_factory=list)

    def to_json(self) -> JsonObject:
        """Return the item for reports and the API."""
        act = self.act
        return {
            "act": act.pk,
            "kind": act.kind,
            "what": str(act.get_kind_display()),
            "at": act.at.isoformat(),
            "page": act.page_id,
            "asset": act.asset_id,
            "title": act.title,
            "agent": act.agent,
            "accepted_by": act.accepted_by_id,
            "outcome": self.outcome,
            "reason": self.reason,
            "blocks": self.blocks,
            "fields": self.fields,
        }


@dataclass
class Plan:
    """What an undo does, or did. ``still_public``: keys of pages whose publication shows what is gone from the draft."""

    items: list[Item]
    still_public: list[int] = field(default_factory=list)
    undo: int | None = None

    @property
    def counts(self) -> dict[str, int]:
        """Return the number of acts by outcome."""
        found = Counter(item.outcome for item in self.items)
        return {word: found.get(word, 0) for word in ("reverted", "partly", "left", "nothing")}

    @property
    def digest(self) -> str:
        """Return a digest of the outcomes: the same while the same would be done."""
        return _digest([[item.act.pk, item.outcome, item.blocks, item.fields] for item in self.items])

    def to_json(self) -> JsonObject:
        """Return the plan for reports and the API."""
        return {
            "undo": self.undo,
            "digest": self.digest,
            "counts": self.counts,
            "items": [item.to_json() for item in self.items],
            "still_public": self.still_public,
        }


def _digest(rows: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()[:32]

"""Where assets are used. Whoever keeps documents tells: the blocks' registry of references asks them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import ngettext

from ai_cms.blocks.html.references import Use, counts_of, uses_of
from ai_cms.core.permissions import Actor, ActorLike, policy_for

from .models import AbstractAsset

if TYPE_CHECKING:
    from .models import AbstractAsset

__all__ = ["Usage", "in_words", "usage_counts", "usage_of"]


@dataclass(frozen=True)
class Usage:
    """The places that use an asset."""

    uses: tuple[Use, ...]

    @property
    def total(self) -> int:
        return len(self.uses)

    def counts(self) -> dict[str, int]:
        """Return the number of drafts and of publications."""
        kinds = Counter(use.kind for use in self.uses)
        return {"drafts": kinds["draft"], "publications": kinds["publication"]}

    def seen_by(self, user: ActorLike) -> Iterator[Use]:
        """Yield the uses that ``user`` (or an actor) may know of: what everybody reads, and drafts they may see."""
        actor = Actor.of(user)
        for use in self.uses:
            if use.kind == "publication" or policy_for(use.target).can(actor, "view", use.target):
                yield use

    def summary(self) -> str:
        """Return the counts as words: "3 drafts, 2 publications"."""
        return in_words(self.counts())


def in_words(counts: Mapping[str, int]) -> str:
    """Return counts of drafts and publications as words; "" for none."""
    drafts, publications = counts["drafts"], counts["publications"]
    parts = []
    if drafts:
        parts.append(ngettext("%(number)d draft", "%(number)d drafts", drafts) % {"number": drafts})
    if publications:
        text = ngettext("%(number)d publication", "%(number)d publications", publications)
        parts.append(text % {"number": publications})
    return ", ".join(parts)


def usage_of(asset: AbstractAsset) -> Usage:
    """Return where ``asset`` is used, in drafts and in what the public reads."""
    return Usage(tuple(uses_of(asset.reference)))


def usage_counts(assets: Iterable[AbstractAsset]) -> dict[int, dict[str, int]]:
    """Return by key how many drafts and publications use each asset, in a fixed number of queries."""
    keys = {asset.reference: asset.pk for asset in assets}
    found = counts_of(keys)
    return {
        pk: {"drafts": found[reference]["draft"], "publications": found[reference]["publication"]}
        for reference, pk in keys.items()
    }

"""Move, tag or delete several assets: each as a whole or not at all, and each by its own right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction

from ai_cms.core.exceptions import InvalidInput, NotFound, RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for

from .. import get_asset_model
from ..models import AbstractAsset, AbstractFolder
from .changes import delete_asset
from .folders import folder_for
from .tagging import clean_tags, write_tags

__all__ = ["BULK_ACTIONS", "ItemResult", "change_several"]

BULK_ACTIONS = ("move", "tag", "untag", "delete")


@dataclass(frozen=True)
class ItemResult:
    """What became of one asset. ``error``: why it was left as it is; ``None``: done. ``title``: "" of what may not be seen."""

    pk: int
    title: str = ""
    error: RequestRefused | None = None

    def to_json(self) -> JsonObject:
        if self.error is None:
            return {"id": self.pk, "done": True}
        return {
            "id": self.pk,
            "done": False,
            "code": self.error.code,
            "detail": str(self.error.detail),
            **self.error.extra,
        }


def change_several(
    pks: Iterable[int],
    action: str,
    *,
    actor: ActorLike,
    folder: AbstractFolder | int | None = None,
    tags: Iterable[str] = (),
    force: bool = False,
) -> list[ItemResult]:
    """Do one thing to each asset and return what became of each, in the order of ``pks``, each once.

    ``action``: "move" into ``folder`` (``None``: out of all), "tag" and "untag" with ``tags``, or "delete" (``force``: also what
    pages use). Raises InvalidInput for an action, folder or tags that are none; then nothing is done.
    """
    who = Actor.of(actor)
    if action not in BULK_ACTIONS:
        raise InvalidInput(errors={"action": [f"One of: {', '.join(BULK_ACTIONS)}."]})
    target = folder_for(folder, who) if action == "move" else None
    words = clean_tags(tags) if action in ("tag", "untag") else {}
    if action in ("tag", "untag") and not words:
        raise InvalidInput(errors={"tags": ["Name at least one tag."]})
    wanted = list(dict.fromkeys(pks))
    model = get_asset_model()
    found = get_policy(model).visible(who, model.objects.all()).in_bulk(wanted)
    results = []
    for pk in wanted:
        asset = found.get(pk)
        if asset is None:
            results.append(ItemResult(pk, error=NotFound()))
            continue
        try:
            with transaction.atomic():
                if action == "delete":
                    delete_asset(asset, actor=who, force=force)
                else:
                    policy_for(asset).require(who, "change", asset)
                    _change(asset, action, target, words)
        except RequestRefused as error:
            results.append(ItemResult(pk, asset.title, error))
        else:
            results.append(ItemResult(pk, asset.title))
    return results


def _change(asset: AbstractAsset, action: str, folder: AbstractFolder | None, words: dict[str, str]) -> None:
    if action == "move":
        get_asset_model().objects.non_polymorphic().filter(pk=asset.pk).update(folder=folder)
    elif action == "tag":
        write_tags([asset.pk], words.values())
    else:
        asset.tags.filter(key__in=words).delete()

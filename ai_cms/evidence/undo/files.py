"""Take back what was done to assets: files that were uploaded, and what was said of files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from ai_cms.assets import get_asset_model
from ai_cms.assets.services import delete_asset, update_asset
from ai_cms.assets.usage import usage_of
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, policy_for

from .outcome import Item

__all__ = ["revert_assets"]


def revert_assets(items: Sequence[Item], *, actor: Actor, dry_run: bool) -> None:
    """Take back what ``items`` (the newest first) did to assets. Files are written: not inside a transaction but with
    ``dry_run``, which finds out what becomes of each and changes nothing. Raises what storages raise."""
    by_asset: dict[int, list[Item]] = {}
    for item in items:
        if item.act.kind == "asset_deleted" or item.act.asset_id is None:
            item.outcome, item.reason = "left", _("The file is gone for good.")
        else:
            by_asset.setdefault(item.act.asset_id, []).append(item)
    assets = get_asset_model().objects.in_bulk(list(by_asset))
    for pk, own in by_asset.items():
        asset = assets.get(pk)
        if asset is None:
            _all(own, "nothing", _("The file is gone for good."))
        else:
            _revert(asset, own, actor, dry_run)


def _all(items: Iterable[Item], outcome: Any, reason: str) -> None:
    for item in items:
        item.outcome, item.reason = outcome, reason


def _revert(asset: Any, items: list[Item], actor: Actor, dry_run: bool) -> None:
    policy = policy_for(asset)
    if not policy.can(actor, "change", asset):
        _all(items, "left", _("You may not do this."))
        return
    said: JsonObject = {}

    def now(name: str) -> Any:
        if name not in said:
            said[name] = _present(asset, name)
        return said[name]

    wanted: JsonObject = {}
    for item in items:
        if item.act.kind == "asset_replaced":
            item.outcome, item.reason = "left", _("The file that was there before is not kept.")
            continue
        if item.act.kind == "uploaded":
            _uploaded(asset, item, actor, now, dry_run)
            if item.outcome == "reverted":
                # With the file goes what was said of it.
                return
            continue
        before, after = item.act.data["before"], item.act.data["after"]
        for name in before:
            if now(name) == after.get(name):
                said[name] = wanted[name] = before[name]
            elif now(name) != before[name]:
                item.fields.append(name)
        if item.fields:
            item.outcome = "left" if len(item.fields) == len(before) else "partly"
            item.reason = _("People have changed it since.")
    wanted = {name: value for name, value in wanted.items() if value != _present(asset, name)}
    if wanted and not dry_run:
        update_asset(asset, actor=actor, **wanted)


def _uploaded(asset: Any, item: Item, actor: Actor, now: Any, dry_run: bool) -> None:
    if not policy_for(asset).can(actor, "delete", asset):
        item.outcome, item.reason = "left", _("You may not do this.")
    elif any(now(name) != value for name, value in item.act.data["said"].items()):
        item.outcome, item.reason = "left", _("People have changed it since.")
    elif (uses := usage_of(asset)).total:
        item.outcome, item.reason = "left", _("It is used: %(uses)s.") % {"uses": uses.summary()}
    elif not dry_run:
        delete_asset(asset, actor=actor)


def _present(asset: Any, name: str) -> Any:
    if name == "folder":
        return asset.folder_id
    if name == "tags":
        return list(asset.tags.order_by("word").values_list("word", flat=True))
    return getattr(asset, name, None)

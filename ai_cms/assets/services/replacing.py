"""Put another file in an asset's place: its key, its permanent address and everything said of it stay."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.mappings import Columns
from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.core.signals import asset_changed, asset_replaced

from .. import get_asset_model, get_image_model
from ..conf import assets_settings, image_sizes
from ..exceptions import KindRefused
from ..intake.names import clean_name
from ..intake.spool import Incoming, spooled
from ..models import AbstractAsset, Rendition
from ..provenance.xmp import packet, packet_for
from ..quotas import check_quota, lock_owner
from ..storage import discard, take_over
from ..usage import usage_of
from .preparing import Mark, Prepared, StoredFiles, prepare, rendition_key, write_renditions
from .renditions import eager_sizes, schedule_further
from .uploads import store_original

A = TypeVar("A", bound=AbstractAsset)

__all__ = ["compare_replacement", "comparison", "replace_file"]


def compare_replacement(asset: AbstractAsset, file: object, *, actor: ActorLike) -> JsonObject:
    """Return what replacing the file would change, without doing it: {"before", "after", "same_file", "usage"}."""
    policy_for(asset).require(Actor.of(actor), "change", asset)
    with spooled(file) as incoming:
        return comparison(asset, incoming)


def comparison(asset: Any, incoming: Incoming) -> JsonObject:
    """Return what :func:`compare_replacement` tells, of a file that is on the disk already."""
    _refuse_other_kind(asset, incoming)
    prepared = prepare(incoming, sizes=())
    after = {"mime": incoming.kind.mime, "size": incoming.size, "sha256": incoming.sha256}
    before = {"mime": asset.mime, "size": asset.size, "sha256": asset.sha256}
    if prepared.is_image:
        after |= {"width": prepared.width, "height": prepared.height, "frames": prepared.frames}
        before |= {"width": asset.width, "height": asset.height, "frames": asset.frames}
    else:
        after["duration"], before["duration"] = prepared.duration, asset.duration
    return {
        "before": before,
        "after": after,
        "same_file": before["sha256"] == after["sha256"],
        "usage": usage_of(asset).counts(),
    }


def replace_file(asset: A, file: object, *, actor: ActorLike, name: str = "", expected_sha256: str = "") -> A:
    """Replace the file of an asset by another of its kind and return the asset.

    Pages that use it show the new one at once. ``expected_sha256``: of the file that the caller wants to replace. The old file's
    renditions stay at their addresses for a while. Raises what uploading raises, InvalidInput for another kind of file.
    """
    who = Actor.of(actor)
    policy_for(asset).require(who, "change", asset)
    with spooled(file) as incoming:
        _refuse_other_kind(asset, incoming)
        check_quota(asset.owner, max(0, incoming.size - asset.size))
        focal = (asset.focal_x, asset.focal_y) if isinstance(asset, get_image_model()) else (0.5, 0.5)
        # Another picture has another origin: what was said of the old one does not hold for it.
        mark = Mark(packet("", credit=asset.credit), credit=asset.credit)
        prepared = prepare(incoming, sizes=eager_sizes(), focal=focal, mark=mark)
        origin = prepared.found.get("digital_source_type", "")
        public = asset.is_public
        with StoredFiles.collecting() as stored:
            columns = store_original(
                incoming, prepared, stored, owner=asset.owner, name=name or asset.name, public=public
            )
            sizes = image_sizes()
            asset.digital_source_type, asset.prompt = origin, ""
            asset.provenance = {"file": prepared.found} if prepared.found else {}
            keys = {
                spec: rendition_key(incoming.sha256, sizes.get(spec), focal, packet_for(asset))
                for spec, *_rest in prepared.files
            }
            renditions = write_renditions(
                prepared.files, stored, owner=asset.owner, name=name or asset.name, public=public, keys=keys
            )
            before = {"mime": asset.mime, "size": asset.size, "sha256": asset.sha256}
            with transaction.atomic():
                lock_owner(asset.owner)
                _swap(asset, columns, renditions, prepared, expected_sha256)
                if name:
                    asset.name = clean_name(name)
                asset.save()
                take_over(stored.files)
                if prepared.is_image:
                    schedule_further(asset)
                asset_changed.send(sender=type(asset), instance=asset, actor=who)
                asset_replaced.send(sender=type(asset), instance=asset, actor=who, before=before)
            stored.keep()
    return asset


def _swap(asset: Any, columns: Columns, renditions: list[Rendition], prepared: Prepared, expected_sha256: str) -> None:
    base = get_asset_model().objects.non_polymorphic().select_for_update(of=("self",))
    current = base.filter(pk=asset.pk).first()
    if current is None:
        raise NotFound
    if expected_sha256 and current.sha256 != expected_sha256:
        raise InvalidInput(errors={"expected_sha256": [_("The file was replaced by someone else meanwhile.")]})
    days = assets_settings.ASSET_KEEP_REPLACED_DAYS
    old = list(Rendition.objects.filter(asset_id=asset.pk))
    discard([(row.stored_in, row.stored_name) for row in old if row.url], after_days=days)
    discard([(row.stored_in, row.stored_name) for row in old if not row.url])
    discard([(current.stored_in, current.stored_name)], after_days=days if current.url else 0)
    Rendition.objects.filter(asset_id=asset.pk).delete()
    for row in renditions:
        row.asset_id = asset.pk
    Rendition.objects.bulk_create(renditions)
    for column, value in columns.items():
        setattr(asset, column, value)
    if prepared.is_image:
        asset.width, asset.height, asset.frames = prepared.width, prepared.height, prepared.frames
        asset.placeholder, asset.alt_suggestion = prepared.placeholder, {}
    else:
        asset.duration = prepared.duration


def _refuse_other_kind(asset: AbstractAsset, incoming: Incoming) -> None:
    is_image = incoming.kind.family in ("image", "svg")
    if is_image != isinstance(asset, get_image_model()):
        wanted = _("a picture") if not is_image else _("a file that is no picture")
        raise KindRefused(_("This can only be replaced by %(wanted)s.") % {"wanted": wanted}, code="other_kind")

"""Change what is known of assets, put them in order, delete them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from django.db import transaction
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, ActorLike, policy_for
from ai_cms.core.signals import asset_changed, asset_deleted, asset_edited

from .. import get_asset_model, get_image_model
from ..conf import image_sizes
from ..exceptions import AssetInUse
from ..intake.kinds import kind_of
from ..intake.names import storage_name
from ..models import AbstractAsset, AbstractImage, Rendition
from ..storage import PRIVATE, PUBLIC, discard, open_file, public_url, take_over, write_file
from ..usage import usage_of
from .folders import folder_for
from .preparing import StoredFiles
from .renditions import original_on_disk, remake
from .tagging import write_tags

A = TypeVar("A", bound=AbstractAsset)

__all__ = ["accept_alt_text", "delete_asset", "refuse_alt_text", "update_asset"]

_PLAIN = ("title", "caption", "credit", "alt", "decorative")
_FOCAL = ("focal_x", "focal_y")


def update_asset(asset: A, *, actor: ActorLike, **values: Any) -> A:
    """Change fields of an asset: title, caption, credit, alt, decorative, focal_x, focal_y, folder, tags, visibility.

    Another focal point or visibility has the sizes made anew before it holds. Raises what permissions raise, InvalidInput,
    StorageUnavailable.
    """
    who = Actor.of(actor)
    policy_for(asset).require(who, "change", asset)
    is_image = isinstance(asset, get_image_model())
    unknown = set(values) - {*_PLAIN, *_FOCAL, "folder", "tags", "visibility"}
    if not is_image:
        unknown |= set(values) & {"alt", "decorative", *_FOCAL}
    if unknown:
        raise InvalidInput(errors={name: [_("This cannot be changed.")] for name in sorted(unknown)})
    changed = {name: value for name, value in values.items() if name in _PLAIN and getattr(asset, name) != value}
    if "folder" in values:
        changed["folder"] = folder_for(values["folder"], who)
    before = _said(asset, values)
    with transaction.atomic():
        for name, value in changed.items():
            setattr(asset, name, value)
        if changed:
            asset.save(update_fields=[*changed, "updated_at"])
        if "tags" in values:
            write_tags([asset.pk], values["tags"], replace=True)
        if set(changed) & {"alt", "credit", "decorative"}:
            asset_changed.send(sender=type(asset), instance=asset, actor=who)
    focal = {name: values[name] for name in _FOCAL if name in values and getattr(asset, name) != values[name]}
    if focal and isinstance(asset, get_image_model()):
        _set_focal(asset, focal, who)
    if values.get("visibility", asset.visibility) != asset.visibility:
        _set_visibility(asset, values["visibility"], who)
    after = _said(asset, values)
    if after != before:
        asset_edited.send(sender=type(asset), instance=asset, actor=who, before=before, after=after)
    return asset


def _said(asset: AbstractAsset, names: Collection[str]) -> JsonObject:
    """Return the present values of fields that may be changed, as ``update_asset`` takes them; a folder by its key."""
    found: JsonObject = {name: getattr(asset, name) for name in names if name not in ("folder", "tags")}
    if "folder" in names:
        found["folder"] = asset.folder_id
    if "tags" in names:
        found["tags"] = list(asset.tags.order_by("word").values_list("word", flat=True))
    return found


def _set_focal(image: AbstractImage, focal: dict[str, float], actor: Actor) -> None:
    for name, value in focal.items():
        if not 0 <= value <= 1:
            raise InvalidInput(errors={name: [_("A number from 0 to 1.")]})
        setattr(image, name, float(value))
    image.save(update_fields=_columns(*focal))
    present = {row.spec for row in image.renditions.all()}
    cut = [name for name, spec in image_sizes().items() if spec.mode == "fill" and name in present]
    if cut:
        remake(image, sizes=cut, actor=actor)


def _columns(*names: str) -> list[str]:
    """Return what is saved of a row of which these were changed."""
    return [*names, "updated_at"]


def _set_visibility(asset: AbstractAsset, visibility: str, actor: Actor) -> None:
    """Let the public fetch a file, or no longer: it changes storages, and what lay in the other is deleted at once."""
    if visibility not in ("public", "private"):
        raise InvalidInput(errors={"visibility": [_("'public' or 'private'.")]})
    public = visibility == "public"
    if isinstance(asset, get_image_model()):
        _move_renditions(asset, visibility, actor)
        return
    with original_on_disk(asset) as path, StoredFiles.collecting() as stored:
        with path.open("rb") as content:
            kind = kind_of(content)
            alias = PUBLIC if public and kind is not None and kind.inline else PRIVATE
            if alias == asset.stored_in:
                alias = ""
            saved = (
                write_file(alias, storage_name(asset.owner, asset.name, asset.suffix), content, mime=asset.mime)
                if alias
                else ""
            )
        if alias:
            stored.add(alias, saved)
        rows = list(asset.renditions.all())
        covers = _copies(asset, rows, stored, public=public)
        with transaction.atomic():
            asset.visibility = visibility
            if alias:
                discard([(asset.stored_in, asset.stored_name)])
                asset.stored_in, asset.stored_name = alias, saved
                asset.url = public_url(alias, saved) if alias == PUBLIC else ""
            asset.save()
            take_over(stored.files)
            _swap(rows, covers, public=public)
            asset_changed.send(sender=type(asset), instance=asset, actor=actor)
        stored.keep()


def _move_renditions(image: AbstractImage, visibility: str, actor: Actor) -> None:
    public = visibility == "public"
    rows = list(image.renditions.all())
    with StoredFiles.collecting() as stored:
        moved = _copies(image, rows, stored, public=public)
        with transaction.atomic():
            base = get_asset_model().objects.non_polymorphic().select_for_update(of=("self",))
            if base.filter(pk=image.pk).first() is None:
                raise NotFound
            image.visibility = visibility
            image.save(update_fields=_columns("visibility"))
            _swap(rows, moved, public=public)
            take_over(stored.files)
            asset_changed.send(sender=type(image), instance=image, actor=actor)
        stored.keep()


def _copies(
    asset: AbstractAsset, rows: Sequence[Rendition], stored: StoredFiles, *, public: bool
) -> list[tuple[str, str]]:
    alias = PUBLIC if public else PRIVATE
    found = []
    for row in rows:
        suffix = {"jpeg": "jpg"}.get(row.format, row.format)
        with open_file(row.stored_in, row.stored_name) as content:
            name = storage_name(asset.owner, asset.name, suffix, label=f"{row.spec}-{row.key[:12]}")
            saved = write_file(alias, name, content, mime=row.mime)
        stored.add(alias, saved)
        found.append((alias, saved))
    return found


def _swap(rows: Sequence[Rendition], files: Sequence[tuple[str, str]], *, public: bool) -> None:
    """Have renditions name their copies; the files they named are deleted."""
    discard([(row.stored_in, row.stored_name) for row in rows])
    for row, (alias, name) in zip(rows, files, strict=True):
        row.stored_in, row.stored_name = alias, name
        row.url = public_url(alias, name) if public else ""
        row.save(update_fields=["stored_in", "stored_name", "url"])


def delete_asset(asset: AbstractAsset, *, actor: ActorLike, force: bool = False) -> None:
    """Delete an asset and its files. Raises AssetInUse, with the uses, unless ``force`` says that they are known."""
    who = Actor.of(actor)
    policy_for(asset).require(who, "delete", asset)
    with transaction.atomic():
        base = get_asset_model().objects.non_polymorphic().select_for_update(of=("self",))
        if base.filter(pk=asset.pk).first() is None:
            raise NotFound
        uses = usage_of(asset)
        if uses.total and not force:
            raise AssetInUse(
                _("%(uses)s use this file. Delete it with force=true if that is known.") % {"uses": uses.summary()},
                usage=uses.counts(),
            )
        files = [(row.stored_in, row.stored_name) for row in asset.renditions.all()]
        files.append((asset.stored_in, asset.stored_name))
        reference = asset.reference
        asset.delete()
        asset_deleted.send(sender=type(asset), instance=asset, reference=reference, actor=who)
        discard(files)


def accept_alt_text(image: AbstractImage, *, actor: ActorLike, text: str | None = None) -> AbstractImage:
    """Take the proposed alternative text over, or ``text``, a person's correction of it. Raises InvalidInput without either."""
    proposed = (image.alt_suggestion or {}).get("text", "") if text is None else text
    if not proposed.strip():
        raise InvalidInput(errors={"text": [_("There is no proposal for this picture.")]})
    update_asset(image, actor=actor, alt=proposed.strip()[:500])
    return _with_suggestion(image, {})


def refuse_alt_text(image: AbstractImage, *, actor: ActorLike) -> AbstractImage:
    """Put the proposed alternative text away; a run over the queue does not ask about this picture again."""
    policy_for(image).require(Actor.of(actor), "change", image)
    text = (image.alt_suggestion or {}).get("text", "")
    return _with_suggestion(image, {"refused": text} if text else image.alt_suggestion)


def _with_suggestion(image: AbstractImage, suggestion: JsonObject) -> AbstractImage:
    image.alt_suggestion = suggestion
    image.save(update_fields=["alt_suggestion"])
    return image

"""Take a file in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.db import transaction

from ai_cms.core.jsontypes import JsonMapping
from ai_cms.core.mappings import Columns
from ai_cms.core.permissions import Actor, ActorLike, get_policy
from ai_cms.core.signals import asset_uploaded

from .. import get_asset_model, get_file_model, get_image_model
from ..conf import assets_settings, image_sizes
from ..intake.names import clean_name, storage_name, title_from_name
from ..intake.spool import Incoming, spooled
from ..models import AbstractAsset, AbstractFolder, Rendition
from ..provenance.manifests import sign_file
from ..provenance.xmp import packet
from ..quotas import check_quota, lock_owner
from ..storage import PRIVATE, PUBLIC, public_url, take_over, write_file
from .folders import folder_for
from .preparing import Mark, Prepared, StoredFiles, prepare, rendition_key, write_renditions
from .renditions import eager_sizes, schedule_further
from .tagging import write_tags

__all__ = ["Uploaded", "signed", "store_original", "upload_asset"]


@dataclass(frozen=True)
class Uploaded:
    """``created``: False where the owner has the same file already, and ``asset`` is that one."""

    asset: AbstractAsset
    created: bool


def upload_asset(
    file: object,
    *,
    actor: ActorLike,
    name: str,
    owner: object = None,
    folder: AbstractFolder | int | None = None,
    title: str = "",
    alt: str = "",
    caption: str = "",
    credit: str = "",
    visibility: str = "",
    tags: Iterable[str] = (),
    prompt: str = "",
    digital_source_type: str = "",
    provenance: JsonMapping | None = None,
    allow_duplicate: bool = False,
) -> Uploaded:
    """Take an open file in as an asset of ``owner``, by default the actor's account.

    ``name``: what the client calls it. ``prompt``, ``digital_source_type``, ``provenance``: of generated pictures.
    ``allow_duplicate``: make another asset although the owner has the same content.

    Must not be called in a transaction. Raises AssetRefused, FileTooLarge, QuotaExceeded, StorageUnavailable and what
    permissions raise; then nothing is stored.
    """
    who = Actor.of(actor)
    get_policy(get_asset_model()).require(who, "add")
    owner = owner if owner is not None else who.account
    folder = folder_for(folder, who)
    name = clean_name(name)
    visibility = visibility or assets_settings.ASSET_DEFAULT_VISIBILITY
    values: Columns = {
        "owner": owner,
        "folder": folder,
        "name": name,
        "title": (title or title_from_name(name))[:255],
        "caption": caption,
        "credit": credit,
        "visibility": visibility,
        "prompt": prompt,
        "digital_source_type": digital_source_type,
        "provenance": dict(provenance or {}),
    }
    with spooled(file) as incoming:
        same = None if allow_duplicate else _same(owner, incoming.sha256)
        if same is not None:
            return Uploaded(same, False)
        check_quota(owner, incoming.size)
        model = str(values["provenance"].get("model") or "")
        mark = Mark(
            packet(digital_source_type, model=model, credit=credit), digital_source_type, model, values["title"], credit
        )
        incoming = signed(incoming, mark)
        prepared = prepare(incoming, sizes=eager_sizes(), mark=mark)
        if prepared.found:
            # What the file says of itself. Its own mark holds unless the caller knows better.
            values["provenance"].setdefault("file", prepared.found)
            values["digital_source_type"] = digital_source_type or prepared.found.get("digital_source_type", "")
        with StoredFiles.collecting() as stored:
            public = visibility == "public"
            values |= store_original(incoming, prepared, stored, owner=owner, name=name, public=public)
            renditions = write_renditions(
                prepared.files, stored, owner=owner, name=name, public=public,
                keys=_keys(prepared, incoming.sha256, packet(values["digital_source_type"], model=model, credit=credit)),
            )  # fmt: skip
            with transaction.atomic():
                lock_owner(owner)
                same = None if allow_duplicate else _same(owner, incoming.sha256)
                if same is not None:
                    return Uploaded(same, False)
                check_quota(owner, values["size"])
                asset = _insert(prepared, values, alt)
                _attach(asset, renditions)
                write_tags([asset.pk], tags)
                take_over(stored.files)
                asset_uploaded.send(sender=type(asset), instance=asset, actor=who)
                if prepared.is_image:
                    schedule_further(asset)
            stored.keep()
    return Uploaded(asset, True)


def signed(incoming: Incoming, mark: Mark) -> Incoming:
    """Return a generated picture with a manifest in it, where one can be written; anything else as it is."""
    made = mark.source_type and incoming.kind.family == "image"
    if not made or not sign_file(
        incoming.path, incoming.kind.suffix, title=mark.title, source_type=mark.source_type, model=mark.model
    ):
        return incoming
    data = incoming.path.read_bytes()
    return replace(incoming, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def store_original(
    incoming: Incoming, prepared: Prepared, stored: StoredFiles, *, owner: object, name: str, public: bool
) -> Columns:
    """Write the file as it came and return the columns that say where it lies.

    Pictures and whatever a browser could run lie in the private storage; files that play or show nothing but themselves lie
    where the public fetches them.
    """
    kind = incoming.kind
    in_public = public and kind.inline and not prepared.is_image
    alias = PUBLIC if in_public else PRIVATE
    with incoming.path.open("rb") as content:
        saved = write_file(alias, storage_name(owner, name, kind.suffix), content, mime=kind.mime)
    stored.add(alias, saved)
    return {
        "mime": kind.mime,
        "suffix": kind.suffix,
        "size": incoming.size,
        "sha256": incoming.sha256,
        "stored_in": alias,
        "stored_name": saved,
        "url": public_url(alias, saved) if in_public else "",
    }


def _same(owner: object, sha256: str) -> AbstractAsset | None:
    found: AbstractAsset | None = (
        get_asset_model().objects.same_as(owner, sha256).first() if owner is not None else None
    )
    return found


def _insert(prepared: Prepared, values: Columns, alt: str) -> AbstractAsset:
    made: AbstractAsset
    if not prepared.is_image:
        made = get_file_model().objects.create(**values, duration=prepared.duration)
        return made
    made = get_image_model().objects.create(
        **values,
        alt=alt,
        width=prepared.width,
        height=prepared.height,
        frames=prepared.frames,
        placeholder=prepared.placeholder,
    )
    return made


def _attach(asset: AbstractAsset, renditions: list[Rendition]) -> None:
    for row in renditions:
        row.asset_id = asset.pk
    Rendition.objects.bulk_create(renditions)


def _keys(prepared: Prepared, sha256: str, xmp: str) -> dict[str, str]:
    sizes = image_sizes()
    return {spec: rendition_key(sha256, sizes.get(spec), (0.5, 0.5), xmp) for spec, *_rest in prepared.files}

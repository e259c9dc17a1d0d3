"""A file that is to replace another, kept while a person looks at what it would change."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.core import signing
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor, ActorLike, policy_for

from ..conf import assets_settings
from ..exceptions import UploadExpired
from ..imaging.job import SizeSpec
from ..intake.names import storage_name
from ..intake.spool import Incoming, spooled
from ..quotas import check_quota
from ..storage import PRIVATE, discard, open_file, write_file
from .preparing import Mark, run_picture_job
from .replacing import comparison, replace_file

if TYPE_CHECKING:
    from ..models import AbstractAsset

__all__ = ["StagedReplacement", "replace_by_staged", "stage_replacement"]

_SALT = "ai_cms.assets.staged"
_SHOWN = SizeSpec("shown", "max", 640, 640, 75, animate=False)


@dataclass(frozen=True)
class StagedReplacement:
    """``plan``: as :func:`compare_replacement` tells. ``preview``: the new picture as a ``data:`` address, "" of other files.

    ``token``: stands for the file; good for this asset, this person and ``ASSET_UPLOAD_SECONDS``.
    """

    plan: JsonObject
    preview: str
    token: str


def stage_replacement(asset: AbstractAsset, file: object, *, actor: ActorLike, name: str = "") -> StagedReplacement:
    """Keep a file that may replace another and tell what that would change. It lies in the private storage and is swept if
    nobody takes it. Raises what uploading raises, InvalidInput for another kind of file.
    """
    who = Actor.of(actor)
    policy_for(asset).require(who, "change", asset)
    with spooled(file) as incoming:
        plan = comparison(asset, incoming)
        check_quota(asset.owner, max(0, incoming.size - asset.size))
        preview = _preview(incoming)
        wanted = storage_name(asset.owner, name or asset.name, incoming.kind.suffix, label="staged")
        with incoming.path.open("rb") as content:
            stored = write_file(PRIVATE, wanted, content, mime=incoming.kind.mime)
    said = [asset.pk, str(getattr(who.account, "pk", "")), stored, name, asset.sha256]
    return StagedReplacement(plan, preview, signing.dumps(said, salt=_SALT))


def replace_by_staged(asset: AbstractAsset, token: str, *, actor: ActorLike) -> AbstractAsset:
    """Replace an asset's file by the one that ``token`` stands for; return the asset.

    Raises InvalidInput if the asset's file is not the one that was compared with, UploadExpired, and what
    :func:`replace_file` raises.
    """
    who = Actor.of(actor)
    policy_for(asset).require(who, "change", asset)
    try:
        pk, user, stored, name, sha256 = signing.loads(token, salt=_SALT, max_age=assets_settings.ASSET_UPLOAD_SECONDS)
    except signing.SignatureExpired:
        raise UploadExpired from None
    except signing.BadSignature:
        raise _unknown() from None
    if (pk, user) != (asset.pk, str(getattr(who.account, "pk", ""))):
        raise _unknown()
    try:
        opened = open_file(PRIVATE, stored)
    except NotFound:
        raise UploadExpired from None
    with opened as file:
        changed = replace_file(asset, file, actor=who, name=name, expected_sha256=sha256)
    discard([(PRIVATE, stored)])
    return changed


def _unknown() -> InvalidInput:
    return InvalidInput(errors={"file": [_("This file is not known here; choose it again.")]})


def _preview(incoming: Incoming) -> str:
    """Return the picture, made anew and small, to be shown before anybody else can fetch it."""
    if incoming.kind.family != "image":
        return ""
    outcome = run_picture_job(
        incoming.path, incoming.folder, incoming.kind.loader, [_SHOWN], ["webp"], (0.5, 0.5), Mark()
    )
    data = base64.b64encode(Path(outcome.made[0].path).read_bytes()).decode()
    return f"data:image/webp;base64,{data}"

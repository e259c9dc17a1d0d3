"""Uploads that go to the storage by themselves, for large files: reserve, send, complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import Conflict, NotFound
from ai_cms.core.permissions import Actor, ActorLike, get_policy

from .. import get_asset_model
from ..conf import assets_settings
from ..exceptions import FileTooLarge, StorageUnavailable, UploadExpired
from ..intake.names import clean_name, storage_name
from ..models import DirectUpload, LooseFile
from ..quotas import check_quota
from ..storage import PRIVATE, discard, open_file, storage_of
from .folders import folder_for
from .uploads import Uploaded, upload_asset

__all__ = ["Reserved", "complete_upload", "reserve_upload"]


@dataclass(frozen=True)
class Reserved:
    """Where and how a client sends the file: POST as multipart to ``url``, ``fields`` first, the file last as ``file``."""

    upload: DirectUpload
    url: str
    fields: dict[str, str]


def reserve_upload(*, actor: ActorLike, name: str, size: int, **options: object) -> Reserved:
    """Reserve a place for a file of exactly ``size`` bytes; ``options``: as for an upload, kept until it is complete.

    Raises Conflict where the storage takes no direct uploads, FileTooLarge, QuotaExceeded.
    """
    who = Actor.of(actor)
    get_policy(get_asset_model()).require(who, "add")
    folder_for(options.get("folder"), who)
    if size > assets_settings.ASSET_MAX_BYTES:
        raise FileTooLarge(
            _("A file may have at most %(most)s MB.") % {"most": assets_settings.ASSET_MAX_BYTES // 1_000_000}
        )
    check_quota(who.account, size)
    storage: Any = storage_of(PRIVATE)
    if not hasattr(storage, "bucket"):
        raise Conflict(
            _("The storage of this site takes no direct uploads; send the file to /assets/."),
            code="direct_upload_unavailable",
        )
    name = clean_name(name)
    stored_name = storage_name(who.account, name, "upload", label="direct")
    seconds = assets_settings.ASSET_UPLOAD_SECONDS
    expires = timezone.now() + timedelta(seconds=seconds)
    # Without an end of its own the file is loose from the start, and swept if nobody completes it.
    LooseFile.objects.create(stored_in=PRIVATE, stored_name=stored_name, delete_after=expires + timedelta(hours=1))
    try:
        client = storage.bucket.meta.client
        form = client.generate_presigned_post(
            storage.bucket.name,
            f"{storage.location.strip('/')}/{stored_name}".lstrip("/"),
            Fields={"Content-Type": "application/octet-stream"},
            Conditions=[{"Content-Type": "application/octet-stream"}, ["content-length-range", size, size]],
            ExpiresIn=seconds,
        )
    except Exception as error:
        # Clients of storages raise classes of their own, and none that they share.
        raise StorageUnavailable from error
    upload = DirectUpload.objects.create(
        owner=who.account, name=name, size=size, options=options, stored_name=stored_name, expires_at=expires
    )
    return Reserved(upload, form["url"], form["fields"])


def complete_upload(pk: UUID | str, *, actor: ActorLike) -> Uploaded:
    """Take in what was sent. Completing it again answers with the same asset.

    Raises NotFound for anybody else's, UploadExpired if nothing came or it is late, and what uploads raise.
    """
    who = Actor.of(actor)
    upload = DirectUpload.objects.filter(pk=pk, owner=who.account).select_related("asset").first()
    if upload is None:
        raise NotFound
    if upload.asset_id is not None:
        return Uploaded(get_asset_model().objects.get(pk=upload.asset_id), False)
    if upload.expires_at < timezone.now():
        raise UploadExpired
    try:
        source = open_file(PRIVATE, upload.stored_name)
    except NotFound:
        raise UploadExpired from None
    with source:
        uploaded = upload_asset(source, actor=who, name=upload.name, **upload.options)
    with transaction.atomic():
        DirectUpload.objects.filter(pk=upload.pk).update(asset=uploaded.asset.pk)
        discard([(PRIVATE, upload.stored_name)])
    return uploaded

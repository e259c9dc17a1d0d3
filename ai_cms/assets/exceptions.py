"""The errors of assets.

::

    AssetRefused (InvalidInput)   400  a file that is not taken, by the field ``file``
    ├── KindRefused                    its content is of no kind this site takes
    └── PictureRefused                 a picture that is damaged, too large or too slow
    FileTooLarge (TooLarge)       413  more bytes than one file may have
    QuotaExceeded (TooLarge)      413  more bytes than its owner may keep
    AssetInUse (Conflict)         409  deletion of what pages use; carries the uses
    UploadExpired (Conflict)      409  a direct upload that came too late or not at all
    StorageUnavailable (Unavailable) 503 the storage does not answer
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from ai_cms.core.exceptions import Conflict, InvalidInput, TooLarge, Unavailable

__all__ = [
    "AssetInUse",
    "AssetRefused",
    "FileTooLarge",
    "KindRefused",
    "PictureRefused",
    "QuotaExceeded",
    "StorageUnavailable",
    "UploadExpired",
]


class AssetRefused(InvalidInput):
    """A file that is not taken; the message stands by its field."""

    def __init__(self, message: object, *, code: str = "invalid_file", field: str = "file") -> None:
        super().__init__(str(message), code=code, errors={field: [str(message)]})


class KindRefused(AssetRefused):
    """The content is of no kind this site takes."""


class PictureRefused(AssetRefused):
    """A picture that is damaged, too large or takes too long."""


class FileTooLarge(TooLarge):
    default_code = "file_too_large"


class QuotaExceeded(TooLarge):
    default_code = "quota_exceeded"
    default_detail = _("There is no room left for this file.")  # type: ignore[assignment]


class AssetInUse(Conflict):
    default_code = "asset_in_use"
    default_detail = _("Pages use this file.")  # type: ignore[assignment]


class UploadExpired(Conflict):
    default_code = "upload_expired"
    default_detail = _("The upload came too late, or did not come at all.")  # type: ignore[assignment]


class StorageUnavailable(Unavailable):
    default_code = "storage_unavailable"
    default_detail = _("The file storage does not answer.")  # type: ignore[assignment]

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        super().__init__(detail, retry_after=extra.pop("retry_after", 30), **extra)

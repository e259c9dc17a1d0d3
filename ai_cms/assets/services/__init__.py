"""Every write of assets. Files are written before, and rows in one transaction after; no storage is asked inside one."""

from __future__ import annotations

from .bulk import BULK_ACTIONS, ItemResult, change_several
from .changes import accept_alt_text, delete_asset, refuse_alt_text, update_asset
from .cropping import crop_image
from .folders import create_folder, delete_folder, update_folder
from .renditions import make_further, remake, stale_sizes
from .replacing import compare_replacement, replace_file
from .uploads import Uploaded, upload_asset

__all__ = [
    "BULK_ACTIONS",
    "ItemResult",
    "Uploaded",
    "accept_alt_text",
    "change_several",
    "compare_replacement",
    "create_folder",
    "crop_image",
    "delete_asset",
    "delete_folder",
    "make_further",
    "refuse_alt_text",
    "remake",
    "replace_file",
    "stale_sizes",
    "update_asset",
    "update_folder",
    "upload_asset",
]

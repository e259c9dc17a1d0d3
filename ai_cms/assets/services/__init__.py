"""Every write of assets. Files are written before, and rows in one transaction after; no storage is asked inside one."""

from __future__ import annotations

from .bulk import BULK_ACTIONS, ItemResult, change_several
from .changes import accept_alt_text, delete_asset, refuse_alt_text, update_asset
from .cropping import can_crop, crop_image
from .folders import create_folder, delete_folder, update_folder
from .renditions import make_further, remake, stale_sizes
from .replacing import compare_replacement, replace_file
from .staging import StagedReplacement, replace_by_staged, stage_replacement
from .uploads import Uploaded, upload_asset

__all__ = [
    "BULK_ACTIONS",
    "ItemResult",
    "StagedReplacement",
    "Uploaded",
    "accept_alt_text",
    "can_crop",
    "change_several",
    "compare_replacement",
    "create_folder",
    "crop_image",
    "delete_asset",
    "delete_folder",
    "make_further",
    "refuse_alt_text",
    "remake",
    "replace_by_staged",
    "replace_file",
    "stage_replacement",
    "stale_sizes",
    "update_asset",
    "update_folder",
    "upload_asset",
]

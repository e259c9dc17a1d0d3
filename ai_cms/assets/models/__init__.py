"""The tables of assets."""

from __future__ import annotations

from .asset import AbstractAsset, AbstractFile, AbstractImage, Asset, AssetTag, FileAsset, ImageAsset, Visibility
from .folder import AbstractFolder, Folder
from .storing import DirectUpload, LooseFile, Rendition

__all__ = [
    "AbstractAsset",
    "AbstractFile",
    "AbstractFolder",
    "AbstractImage",
    "Asset",
    "AssetTag",
    "DirectUpload",
    "FileAsset",
    "Folder",
    "ImageAsset",
    "LooseFile",
    "Rendition",
    "Visibility",
]

"""Assets: pictures and files that load fast, stay private where they should, and say where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ai_cms.core import swapping

if TYPE_CHECKING:
    from .models import AbstractAsset, AbstractFile, AbstractFolder, AbstractImage

__all__ = [
    "get_asset_model",
    "get_asset_model_string",
    "get_file_model",
    "get_file_model_string",
    "get_folder_model",
    "get_folder_model_string",
    "get_image_model",
    "get_image_model_string",
]


def get_folder_model_string() -> str:
    """Return ``"app_label.Model"`` of the folder model in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_FOLDER_MODEL", "ai_cms_assets.Folder")


def get_folder_model() -> type[AbstractFolder]:
    """Return the folder model that is active in this project."""
    return cast("type[AbstractFolder]", swapping.get_model("AI_CMS_FOLDER_MODEL", "ai_cms_assets.Folder"))


def get_asset_model_string() -> str:
    """Return ``"app_label.Model"`` of the asset base in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_ASSET_MODEL", "ai_cms_assets.Asset")


def get_asset_model() -> type[AbstractAsset]:
    """Return the base of all assets that is active in this project."""
    return cast("type[AbstractAsset]", swapping.get_model("AI_CMS_ASSET_MODEL", "ai_cms_assets.Asset"))


def get_image_model_string() -> str:
    """Return ``"app_label.Model"`` of the image model in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_IMAGE_ASSET_MODEL", "ai_cms_assets.ImageAsset")


def get_image_model() -> type[AbstractImage]:
    """Return the image model that is active in this project."""
    return cast("type[AbstractImage]", swapping.get_model("AI_CMS_IMAGE_ASSET_MODEL", "ai_cms_assets.ImageAsset"))


def get_file_model_string() -> str:
    """Return ``"app_label.Model"`` of the file model in use, for foreign keys."""
    return swapping.get_model_string("AI_CMS_FILE_ASSET_MODEL", "ai_cms_assets.FileAsset")


def get_file_model() -> type[AbstractFile]:
    """Return the file model that is active in this project."""
    return cast("type[AbstractFile]", swapping.get_model("AI_CMS_FILE_ASSET_MODEL", "ai_cms_assets.FileAsset"))

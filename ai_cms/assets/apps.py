from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ai_cms.core.swapping import declare_default


class AssetsConfig(AppConfig):
    name = "ai_cms.assets"
    label = "ai_cms_assets"
    verbose_name = _("Assets")
    default_auto_field = "django.db.models.BigAutoField"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        declare_default("AI_CMS_FOLDER_MODEL", "ai_cms_assets.Folder")
        declare_default("AI_CMS_ASSET_MODEL", "ai_cms_assets.Asset")
        declare_default("AI_CMS_IMAGE_ASSET_MODEL", "ai_cms_assets.ImageAsset")
        declare_default("AI_CMS_FILE_ASSET_MODEL", "ai_cms_assets.FileAsset")

    def ready(self) -> None:
        from . import checks as checks
        from . import cleaning as cleaning
        from . import pictures as pictures
        from .api import routes as routes
        from .permissions import register_asset_policies

        register_asset_policies()

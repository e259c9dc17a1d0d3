from __future__ import annotations

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _

from ai_cms.core.requirements import RequiresApps


class TransferConfig(RequiresApps, AppConfig):
    name = "ai_cms.transfer"
    label = "ai_cms_transfer"
    verbose_name = _("Import and export")
    default_auto_field = "django.db.models.BigAutoField"
    requires = ("ai_cms.core", "ai_cms.blocks", "ai_cms.pages")

    def ready(self) -> None:
        from .permissions import register_transfer_policies

        register_transfer_policies()
        if apps.is_installed("ai_cms.assets"):
            from .assets import AssetShelf
            from .shelf import media_shelves

            media_shelves.register("assets", AssetShelf)

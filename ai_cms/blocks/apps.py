from __future__ import annotations

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from ai_cms.core.requirements import RequiresApps


class BlocksConfig(RequiresApps, AppConfig):
    """Register the library and the blocks of every installed app (its ``cms_blocks`` module)."""

    name = "ai_cms.blocks"
    label = "ai_cms_blocks"
    verbose_name = _("Content blocks")
    default_auto_field = "django.db.models.BigAutoField"
    requires = ("ai_cms.core",)

    def ready(self) -> None:
        from . import checks as checks
        from .api import routes as routes
        from .types import library as library

        autodiscover_modules("cms_blocks")

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ai_cms.core.requirements import RequiresApps


class StudioConfig(RequiresApps, AppConfig):
    name = "ai_cms.studio"
    label = "ai_cms_studio"
    verbose_name = _("Studio")
    default_auto_field = "django.db.models.BigAutoField"
    requires = ("ai_cms.core", "ai_cms.blocks", "ai_cms.pages")

    def ready(self) -> None:
        from . import checks as checks
        from .desk.furniture import furnish
        from .permissions import register_studio_policies

        register_studio_policies()
        furnish()

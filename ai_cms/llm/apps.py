from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ai_cms.core.requirements import RequiresApps


class LlmConfig(RequiresApps, AppConfig):
    name = "ai_cms.llm"
    label = "ai_cms_llm"
    verbose_name = _("AI gateway")
    default_auto_field = "django.db.models.BigAutoField"
    requires = ("ai_cms.core",)

    def ready(self) -> None:
        from . import checks as checks
        from . import permissions, users
        from .api import routes as routes
        from .credits import ratios

        permissions.register()
        ratios.connect()
        users.connect()

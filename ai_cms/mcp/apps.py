from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class McpConfig(AppConfig):
    name = "ai_cms.mcp"
    label = "ai_cms_mcp"
    verbose_name = _("Agents of others")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks

        checks.register()

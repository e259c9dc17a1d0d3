from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LlmConfig(AppConfig):
    name = "ai_cms.llm"
    label = "ai_cms_llm"
    verbose_name = _("AI gateway")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, permissions, ratios, users  # noqa: F401

        permissions.register()
        ratios.connect()
        users.connect()
        from .api import routes  # noqa: F401

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ai_cms.core.requirements import RequiresApps


class MachinesConfig(RequiresApps, AppConfig):
    name = "ai_cms.machines"
    label = "ai_cms_machines"
    verbose_name = _("Machine readers")
    default_auto_field = "django.db.models.BigAutoField"
    requires = ("ai_cms.core", "ai_cms.blocks", "ai_cms.pages")

    def ready(self) -> None:
        from ai_cms.core.lane import on_answer
        from ai_cms.pages.representations import representations

        from . import checks as checks
        from .middleware import notice_kept
        from .permissions import register_machine_policies
        from .views import MARKDOWN, markdown_answer

        register_machine_policies()
        on_answer(notice_kept)
        representations.register(MARKDOWN, markdown_answer)

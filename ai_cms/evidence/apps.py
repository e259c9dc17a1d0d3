from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ai_cms.core.requirements import RequiresApps


class EvidenceConfig(RequiresApps, AppConfig):
    name = "ai_cms.evidence"
    label = "ai_cms_evidence"
    verbose_name = _("Evidence")
    default_auto_field = "django.db.models.BigAutoField"
    requires = ("ai_cms.core", "ai_cms.blocks", "ai_cms.assets", "ai_cms.llm", "ai_cms.pages")

    def ready(self) -> None:
        from ai_cms.pages.admin_links import page_links

        from . import receivers as receivers
        from .admin_links import evidence_links
        from .api import routes as routes
        from .permissions import register_evidence_policies

        register_evidence_policies()
        page_links.register("evidence", evidence_links)

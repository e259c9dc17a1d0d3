from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from ai_cms.core.requirements import RequiresApps
from ai_cms.core.swapping import declare_default


class PortfolioConfig(RequiresApps, AppConfig):
    name = "ai_cms.portfolio"
    label = "ai_cms_portfolio"
    verbose_name = _("Portfolios")
    default_auto_field = "django.db.models.BigAutoField"
    requires = ("ai_cms.core", "ai_cms.blocks", "ai_cms.pages")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        declare_default("AI_CMS_PORTFOLIO_MODEL", "ai_cms_portfolio.Portfolio")
        declare_default("AI_CMS_PORTFOLIO_INDEX_MODEL", "ai_cms_portfolio.PortfolioIndex")
        declare_default("AI_CMS_PROJECT_MODEL", "ai_cms_portfolio.Project")
        declare_default("AI_CMS_SKILL_MODEL", "ai_cms_portfolio.Skill")
        declare_default("AI_CMS_RESUME_MODEL", "ai_cms_portfolio.Resume")

    def ready(self) -> None:
        from . import checks as checks
        from . import filling as filling
        from . import places as places
        from . import receivers as receivers
        from .api import routes as routes
        from .permissions import register_portfolio_policies

        register_portfolio_policies()

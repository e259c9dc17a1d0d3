from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from ai_cms.core.requirements import RequiresApps
from ai_cms.core.swapping import declare_default


class PagesConfig(RequiresApps, AppConfig):
    name = "ai_cms.pages"
    label = "ai_cms_pages"
    verbose_name = _("Pages")
    default_auto_field = "django.db.models.BigAutoField"
    requires = ("ai_cms.core", "ai_cms.blocks")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        declare_default("AI_CMS_PAGE_MODEL", "ai_cms_pages.Page")
        declare_default("AI_CMS_TEMPLATE_MODEL", "ai_cms_pages.Template")

    def ready(self) -> None:
        from . import checks as checks
        from . import kept as kept
        from . import page_list as page_list
        from . import pictures as pictures
        from . import published_documents as published_documents
        from .api import routes as routes
        from .permissions import register_page_policies
        from .search import install

        register_page_policies()
        post_migrate.connect(install, sender=self, dispatch_uid="ai_cms_pages.search")

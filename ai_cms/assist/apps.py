from __future__ import annotations

from django.apps import AppConfig, apps
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from ai_cms.core.requirements import RequiresApps


class AssistConfig(RequiresApps, AppConfig):
    name = "ai_cms.assist"
    label = "ai_cms_assist"
    verbose_name = _("AI assistance")
    default_auto_field = "django.db.models.BigAutoField"
    requires = ("ai_cms.core", "ai_cms.blocks", "ai_cms.llm", "ai_cms.pages")

    def ready(self) -> None:
        from ai_cms.llm.briefing import briefers
        from ai_cms.pages.admin_links import page_links

        from . import checks as checks
        from . import rules as rules
        from . import runs as runs
        from . import tasks as tasks
        from .admin_links import write_links
        from .api import routes as routes
        from .library import library_briefing
        from .permissions import register_assist_policies

        register_assist_policies()
        page_links.register("write", write_links)
        briefers.register("library", library_briefing)
        if apps.is_installed("ai_cms.assets"):
            from ai_cms.assets.admin_panels import queue_panels

            from . import alt_texts as alt_texts
            from .alt_texts_panel import alt_texts_panel
            from .assets import AssetStore
            from .images import picture_stores

            picture_stores.register("assets", AssetStore)
            queue_panels.register("alt_texts", alt_texts_panel)

        # Host projects register their own writing tasks in modules of this name.
        autodiscover_modules("cms_writing")

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.utils.translation import gettext_lazy as _

from ai_cms.core.requirements import RequiresApps
from ai_cms.core.swapping import declare_default


class ChatConfig(RequiresApps, AppConfig):
    name = "ai_cms.chat"
    label = "ai_cms_chat"
    verbose_name = _("Chat")
    default_auto_field = "django.db.models.BigAutoField"
    requires = ("ai_cms.core", "ai_cms.llm")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        declare_default("AI_CMS_AGENT_MODEL", "ai_cms_chat.Agent")
        declare_default("AI_CMS_CONVERSATION_MODEL", "ai_cms_chat.Conversation")

    def ready(self) -> None:
        from . import answering as answering
        from . import checks as checks
        from . import permissions, receivers
        from . import rules as rules
        from .api import routes as routes

        permissions.register()
        receivers.connect()
        if apps.is_installed("ai_cms.assets"):
            from .assets import AssetAttachments
            from .attachments import attachment_stores

            if "assets" not in attachment_stores:
                attachment_stores.register("assets", AssetAttachments())

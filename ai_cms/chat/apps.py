from __future__ import annotations

from typing import Any

from django.apps import AppConfig
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
        from . import permissions

        permissions.register()

"""One's conversations: the list with a new one, and each."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ..services import default_agent, update_conversation
from .room_forms import TalkSettingsForm
from .shown import rendered_messages
from .visiting import ChatFormPage, ShellPage, api_address, socket_address
from .windows import window_of

__all__ = ["IndexView", "NewView", "TalkSettingsView", "TalkView"]


class IndexView(ShellPage):
    """The list; beside it, where there is room, a new conversation."""

    template_name = "ai_cms/chat/new.html"
    title = _("Chat")
    place = "list"

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        chosen = default_agent(actor=self.actor)
        return super().get_context_data(**{"chosen": chosen, **kwargs})


class NewView(IndexView):
    """A new conversation."""

    title = _("New conversation")
    place = "main"


class TalkView(ShellPage):
    """One conversation."""

    template_name = "ai_cms/chat/conversation.html"

    @cached_property
    def conversation(self) -> Any:
        return self.readable(room=False)

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        row = self.conversation
        window = window_of(row)
        shown = rendered_messages(self.request, self.actor, row, window, window.messages)
        return super().get_context_data(
            **{
                "title": row.title or _("New conversation"),
                "conversation": row,
                "chosen": row.agent,
                "messages_shown": [html for _row, html in shown],
                "has_more": window.has_more,
                **kwargs,
            }
        )

    def settings(self) -> dict[str, Any]:
        key = self.conversation.pk
        return {
            **super().settings(),
            "id": str(key),
            "change": self.conversation.last_change,
            "older": reverse("ai_cms_chat:messages", args=[key]),
            "news": reverse("ai_cms_chat:news", args=[key]),
            "socket": socket_address(self.request, "conversations", key),
            "send": api_address("conversation-send-message", id=key),
            "stop": api_address("conversation-stop", id=key),
            "context": api_address("conversation-context", id=key),
            "conversation": api_address("conversation-detail", id=key),
        }


class TalkSettingsView(ChatFormPage):
    """What a conversation is called, in which folder it lies, how long it is kept."""

    template_name = "ai_cms/chat/settings.html"
    form_class = TalkSettingsForm
    title = _("Settings of the conversation")

    @cached_property
    def conversation(self) -> Any:
        return self.readable(room=False)

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.conversation, name) for name in TalkSettingsForm.base_fields}

    def carry_out(self, data: dict[str, Any]) -> HttpResponse:
        update_conversation(self.conversation, actor=self.actor, **data)
        self.notice(_("The settings are saved."))
        return self.go("conversation", self.conversation.pk)

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        mine = type(self.conversation).objects.direct().filter(owner=self.request.user).exclude(folder="")
        return super().get_context_data(
            **{
                "conversation": self.conversation,
                "back": reverse("ai_cms_chat:conversation", args=[self.conversation.pk]),
                "folders": mine.order_by("folder").values_list("folder", flat=True).distinct()[:200],
                **kwargs,
            }
        )

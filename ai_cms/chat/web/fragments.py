"""Pieces of the pages, which their script asks for: the list, older messages, and what is new."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.generic import TemplateView

from ..models import Message
from .listing import listed
from .shown import rendered_messages
from .visiting import ChatPage
from .windows import window_of

__all__ = ["ListView", "MessagesView", "NewsView"]

#: Numbers of a query are read up to this many digits.
MOST_DIGITS = 18


class ListView(ChatPage, TemplateView):
    """The list of conversations or rooms."""

    template_name = "ai_cms/chat/list.html"

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        kind = "rooms" if self.request.GET.get("kind") == "rooms" else "conversations"
        return super().get_context_data(
            listing=listed(self.actor, kind, self.request.GET), current=self.asked("current"), **kwargs
        )


class MessagesView(ChatPage):
    """Messages before the one that is named as ``before``."""

    def get(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        conversation = self.readable()
        window = window_of(conversation, before=self.asked("before"))
        shown = rendered_messages(request, self.actor, conversation, window, window.messages)
        return JsonResponse({"html": "".join(html for _row, html in shown), "has_more": window.has_more})


class NewsView(ChatPage):
    """What has changed since ``change`` in what the page shows, which begins with ``first`` and ends with ``last``.

    204 where nothing has. Answers that are being written are always there, with their text so far.
    """

    def get(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        conversation = self.readable()
        known = request.GET.get("change", "")
        since = int(known) if known.isascii() and known.isdecimal() and len(known) <= MOST_DIGITS else -1
        last = self.asked("last")
        leaf = conversation.active_leaf
        open_ones = Message.objects.open().filter(conversation=conversation)
        same_end = conversation.is_room or leaf == last
        if since == conversation.last_change and same_end and not open_ones.exists():
            return HttpResponse(status=204)
        window = window_of(conversation, first=self.asked("first"))
        keys = [row.pk for row in window.messages]
        # Another branch: what it shows has not changed, but is not known to the page.
        whole = bool(keys) and last not in keys
        changed = [row for row in window.messages if whole or row.change > since or row.is_open]
        shown = rendered_messages(request, self.actor, conversation, window, changed)
        return JsonResponse(
            {
                "change": conversation.last_change,
                "title": conversation.title or _("New conversation"),
                "ids": [str(key) for key in keys],
                "has_more": window.has_more,
                "busy": any(row.is_open for row in window.messages),
                "messages": [{"id": str(row.pk), "html": html} for row, html in shown],
            }
        )

"""Links to conversations: those of one, and what whoever has such a link is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.generic import TemplateView

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import get_policy

from ..conf import chat_settings
from ..markdown import render_markdown
from ..models import ConversationShare, MessageRole
from ..services import revoke_share, share_conversation
from .visiting import ChatFormPage

__all__ = ["ShareForm", "SharedView", "SharesView"]


class ShareForm(forms.Form):
    """How long a link leads to a conversation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # The settings are asked for each form: a test, or a host, may change them.
        longest = chat_settings.CHAT_SHARE_MAX_DAYS
        self.fields["days"] = forms.IntegerField(
            label=gettext_lazy("Days until it ends"),
            min_value=1,
            max_value=longest,
            initial=min(chat_settings.CHAT_SHARE_DAYS, longest),
        )


class SharesView(ChatFormPage):
    """The links to one's conversation: make one, take one back."""

    template_name = "ai_cms/chat/shares.html"
    form_class = ShareForm
    title = gettext_lazy("Share")
    submit = gettext_lazy("Make a link")

    @cached_property
    def conversation(self) -> Any:
        row = self.readable(room=False)
        if not get_policy(type(row)).can(self.actor, "share", row):
            raise Http404
        return row

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "revoke" not in request.POST:
            return super().post(request, *args, **kwargs)
        try:
            key = UUID(request.POST["revoke"])
        except ValueError:
            raise Http404 from None
        revoke_share(self.conversation, key, actor=self.actor)
        self.notice(_("The link is taken back. It leads nowhere now."))
        return self.go("shares", self.conversation.pk)

    def carry_out(self, data: dict[str, Any]) -> HttpResponse:
        share_conversation(self.conversation, actor=self.actor, days=data["days"])
        self.notice(_("The link is there. Whoever has it can read the conversation as it is now."))
        return self.go("shares", self.conversation.pk)

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        shares = list(self.conversation.shares.filter(expires_at__gt=timezone.now()).defer("messages"))
        for row in shares:
            row.address = self.request.build_absolute_uri(reverse("ai_cms_chat:shared", args=[row.pk]))
        return super().get_context_data(
            conversation=self.conversation,
            shares=shares,
            signed_in=chat_settings.CHAT_SHARES_SIGNED_IN,
            **kwargs,
        )


@method_decorator(never_cache, name="dispatch")
class SharedView(TemplateView):
    """A conversation as it was; for everybody who has the link, or for those of them who are logged in."""

    template_name = "ai_cms/chat/shared.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if chat_settings.CHAT_SHARES_SIGNED_IN and not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        response = super().dispatch(request, *args, **kwargs)
        response["X-Robots-Tag"] = "noindex, nofollow"
        # The address is all that it takes to read this: where its links lead, nobody learns it.
        response["Referrer-Policy"] = "no-referrer"
        return response

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        share = ConversationShare.objects.filter(pk=self.kwargs["pk"], expires_at__gt=timezone.now()).first()
        # One that has ended is not told from one that never was.
        if share is None:
            raise Http404
        shown = [_shown(number, message) for number, message in enumerate(share.messages)]
        title = share.title or _("A conversation")
        return super().get_context_data(share=share, title=title, shown=shown, **kwargs)


def _shown(number: int, message: JsonObject) -> JsonObject:
    return {
        **message,
        "id": f"shared-{number}",
        "is_answer": message["role"] == MessageRole.ASSISTANT,
        "moment": datetime.fromisoformat(message["created_at"]),
        "html": render_markdown(message["content"]),
    }

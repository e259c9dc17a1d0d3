"""What the pages of chat have in common: for whoever is logged in, nothing cached, what is not theirs is not there."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.forms import BaseForm
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.generic import FormView, TemplateView, View

from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.llm.credits import ledger
from ai_cms.llm.models import CreditKind

from .. import get_agent_model, get_conversation_model
from ..attachments import attachment_stores
from ..conf import chat_settings
from ..waking import hub
from .listing import listed
from .words import words

__all__ = ["ChatFormPage", "ChatPage", "ShellPage", "api_address", "socket_address"]


def api_address(name: str, **kwargs: object) -> str:
    """Return the address of a route of the REST API."""
    return reverse(f"ai_cms_api:{name}", kwargs=kwargs or None)


def socket_address(request: HttpRequest, kind: str, key: UUID) -> str:
    """Return the path of a WebSocket; "" where the process that serves the page serves none, and the page asks instead."""
    if not hub.has_sockets or not isinstance(request, ASGIRequest):
        return ""
    return f"{get_script_prefix()}ws/{kind}/{key}/"


@method_decorator([never_cache, csrf_protect], name="dispatch")
class ChatPage(LoginRequiredMixin, View):
    """A page, or a piece of one."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except NotFound as error:
            raise Http404 from error
        except PermissionRefused as error:
            raise PermissionDenied from error

    def handle_no_permission(self) -> Any:
        if self.request.headers.get("X-Requested-With") == "fetch":
            # A script that followed to the log-in would put that page into this one.
            return JsonResponse({"detail": str(words()["logged_out"])}, status=401)
        return super().handle_no_permission()

    @property
    def actor(self) -> Actor:
        return Actor.from_request(self.request)

    def found(self, *, room: bool | None = None) -> Any:
        """Return the conversation named in the path, whose messages the visitor may read. Raises Http404."""
        model = get_conversation_model()
        policy = get_policy(model)
        rows: Any = policy.visible(self.actor, model.objects.select_related("agent"))
        if room is not None:
            rows = rows.rooms() if room else rows.direct()
        conversation = rows.filter(pk=self.kwargs["pk"]).order_by().first()
        if conversation is None:
            raise Http404
        return conversation

    def readable(self, **options: Any) -> Any:
        """Return the same; to somebody who is only invited the messages are not there yet. Raises Http404."""
        conversation = self.found(**options)
        if not get_policy(type(conversation)).can(self.actor, "read", conversation):
            raise Http404
        return conversation

    def asked(self, name: str) -> UUID | None:
        """Return an id from the query, ``None`` for what is none."""
        try:
            return UUID(self.request.GET.get(name, ""))
        except ValueError:
            return None

    def notice(self, text: object) -> None:
        """Show a sentence on the next page."""
        messages.success(self.request, str(text))

    def go(self, name: str, *args: object) -> HttpResponse:
        """Redirect to another of these pages."""
        return redirect(reverse(f"ai_cms_chat:{name}", args=args))


class ShellPage(ChatPage, TemplateView):
    """A page with the list of conversations, or of rooms, beside it.

    ``kind``: which list; ``place``: what a phone shows of the two.
    """

    title: Any = ""
    kind = "conversations"
    place = "main"

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        agents = get_agent_model().objects.of(self.request.user).active()
        account = ledger.account_for(self.request.user, CreditKind.TEXT)
        return super().get_context_data(
            **{
                "title": self.title,
                "place": self.place,
                "agents": list(agents),
                "credits": max(ledger.in_credits(CreditKind.TEXT, account.available), 0),
                "listing": listed(self.actor, self.kind, self.request.GET),
                "settings": self.settings(),
                **kwargs,
            }
        )

    def settings(self) -> dict[str, Any]:
        """Return what the script of the page has to know."""
        return {
            "user": str(self.request.user.pk),
            "kind": self.kind,
            "words": {name: str(text) for name, text in words().items()},
            "conversations": api_address("conversation-list"),
            "messages": api_address("message-list"),
            "rooms": api_address("room-list"),
            "approvals": api_address("approval-list"),
            "runs": api_address("run-list"),
            "credits": api_address("ai-credits"),
            "assets": _assets_address(),
            "list": reverse("ai_cms_chat:list"),
            "index": reverse("ai_cms_chat:index"),
            "tickets": api_address("socket-tickets"),
            "check": reverse("ai_cms_chat:agent-check"),
            "most": chat_settings.CHAT_MESSAGE_CHARACTERS,
        }


class ChatFormPage(ShellPage, FormView):  # type: ignore[type-arg]
    """A form whose work is done by a service."""

    submit: Any = gettext_lazy("Save")

    def carry_out(self, data: dict[str, Any]) -> HttpResponse:
        """Do what the form asks for and return the answer. Raises RequestRefused."""
        raise NotImplementedError(f"{type(self).__name__} has no carry_out().")

    def form_valid(self, form: BaseForm) -> HttpResponse:
        try:
            return self.carry_out(form.cleaned_data)
        except (NotFound, PermissionRefused):
            raise
        except RequestRefused as error:
            if not error.errors:
                form.add_error(None, str(error.detail))
            for name, texts in (error.errors or {}).items():
                form.add_error(name if name in form.fields else None, [str(text) for text in texts])
            return self.render_to_response(self.get_context_data(form=form))

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        return super().get_context_data(**{"submit": self.submit, **kwargs})


def _assets_address() -> str:
    """Return where files are sent to; "" where messages have no attachments."""
    if "assets" not in attachment_stores:
        return ""
    try:
        return api_address("asset-list")
    except NoReverseMatch:
        return ""

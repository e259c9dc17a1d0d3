"""Rooms: the list, a new one, each with its messages, and who is in it."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import get_policy

from .. import get_agent_model
from ..exceptions import OwnerStays
from ..models import Member, MemberRole
from ..permissions import membership_of
from ..prompts import name_of
from ..services import (
    add_agent,
    create_room,
    invite,
    join_room,
    leave_room,
    remove_member,
    set_role,
    update_conversation,
)
from .room_forms import AgentMemberForm, InviteForm, RoleForm, RoomForm, RoomSettingsForm
from .shown import rendered_messages
from .visiting import ChatFormPage, ShellPage, api_address, socket_address
from .windows import window_of

__all__ = ["MembersView", "NewRoomView", "RoomSettingsView", "RoomView", "RoomsView"]

#: Members that are listed on one page.
PAGE = 100


class RoomsView(ShellPage):
    """The rooms that one sees."""

    template_name = "ai_cms/chat/rooms.html"
    title = _("Rooms")
    kind = "rooms"
    place = "list"


class NewRoomView(ChatFormPage):
    """Open a room."""

    template_name = "ai_cms/chat/form.html"
    form_class = RoomForm
    title = _("New room")
    kind = "rooms"
    submit = _("Open the room")

    def carry_out(self, data: dict[str, Any]) -> HttpResponse:
        room = create_room(actor=self.actor, **data)
        return self.go("room", room.pk)


class RoomView(ShellPage):
    """One room; to somebody who is not in it yet what it is about, and how to join."""

    template_name = "ai_cms/chat/room.html"
    kind = "rooms"

    @cached_property
    def room(self) -> Any:
        return self.found(room=True)

    @cached_property
    def member(self) -> Member | None:
        return membership_of(self.actor, self.room)

    def post(self, request: HttpRequest, **kwargs: object) -> HttpResponse:
        """Join or leave."""
        if "leave" in request.POST:
            leave_room(self.room, actor=self.actor)
            self.notice(_("You have left the room."))
            return self.go("rooms")
        join_room(self.room, actor=self.actor)
        return self.go("room", self.room.pk)

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        room, policy = self.room, get_policy(type(self.room))
        shown: list[Any] = []
        has_more = False
        if policy.can(self.actor, "read", room):
            window = window_of(room)
            has_more = window.has_more
            shown = rendered_messages(self.request, self.actor, room, window, window.messages)
        members = room.members.filter(agent__isnull=False).select_related("agent").order_by("joined_at", "pk")
        return super().get_context_data(
            **{
                "title": room.title,
                "conversation": room,
                "member": self.member,
                "can_join": self.member is None and policy.can(self.actor, "join", room),
                "can_post": policy.can(self.actor, "post", room),
                "moderates": policy.can(self.actor, "moderate", room),
                "owns": policy.can(self.actor, "own", room),
                "member_count": room.members.count(),
                "called": [row.agent for row in members[:20]],
                "messages_shown": [html for _row, html in shown],
                "has_more": has_more,
                **kwargs,
            }
        )

    def settings(self) -> dict[str, Any]:
        key = self.room.pk
        return {
            **super().settings(),
            "id": str(key),
            "change": self.room.last_change,
            "older": reverse("ai_cms_chat:messages", args=[key]),
            "news": reverse("ai_cms_chat:news", args=[key]),
            "socket": socket_address(self.request, "rooms", key),
            "send": api_address("room-messages", id=key),
            "stop": api_address("room-stop", id=key),
            "read": api_address("room-read", id=key) if self.member is not None else "",
            "conversation": api_address("room-detail", id=key),
        }


class RoomSettingsView(ChatFormPage):
    """What a room is called, what it is about, who may read it, how long it is kept."""

    template_name = "ai_cms/chat/settings.html"
    form_class = RoomSettingsForm
    title = _("Settings of the room")
    kind = "rooms"

    @cached_property
    def room(self) -> Any:
        room = self.readable(room=True)
        get_policy(type(room)).require(self.actor, "change", room)
        return room

    def get_initial(self) -> dict[str, Any]:
        return {name: getattr(self.room, name) for name in RoomSettingsForm.base_fields}

    def carry_out(self, data: dict[str, Any]) -> HttpResponse:
        update_conversation(self.room, actor=self.actor, **data)
        self.notice(_("The settings are saved."))
        return self.go("room", self.room.pk)

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        back = reverse("ai_cms_chat:room", args=[self.room.pk])
        return super().get_context_data(**{"conversation": self.room, "back": back, **kwargs})


class MembersView(ChatFormPage):
    """Who is in a room; moderators ask people and agents in, and put them out; the owner gives other roles."""

    template_name = "ai_cms/chat/members.html"
    kind = "rooms"
    form_class = InviteForm
    title = _("Members")

    @cached_property
    def room(self) -> Any:
        return self.readable(room=True)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if "remove" in request.POST:
            key = request.POST["remove"]
            found = self.room.members.filter(pk=key).first() if key.isascii() and key.isdecimal() else None
            if found is not None:
                remove_member(found, actor=self.actor)
            return self.go("members", self.room.pk)
        if "member" in request.POST:
            return self._give_role(RoleForm(request.POST))
        if "agent" in request.POST:
            form = AgentMemberForm(request.POST, agents=self._agents())
            if form.is_valid():
                try:
                    add_agent(self.room, form.cleaned_data["agent"], actor=self.actor)
                except InvalidInput as error:
                    self.notice(error.detail)
            return self.go("members", self.room.pk)
        return super().post(request, *args, **kwargs)

    def _give_role(self, form: RoleForm) -> HttpResponse:
        key = form.cleaned_data["member"] if form.is_valid() else None
        found = self.room.members.select_related("conversation").filter(pk=key).first() if key is not None else None
        if found is not None:
            try:
                set_role(found, form.cleaned_data["role"], actor=self.actor)
            except (InvalidInput, OwnerStays) as error:
                self.notice(error.detail)
            else:
                self.notice(_("The role is changed."))
        return self.go("members", self.room.pk)

    def carry_out(self, data: dict[str, Any]) -> HttpResponse:
        invite(self.room, data["user"], actor=self.actor, role=data["role"] or MemberRole.MEMBER)
        # The same whether there is such a person or not.
        self.notice(_("If there is such a person, they find the invitation in their list of rooms."))
        return self.go("members", self.room.pk)

    def get_context_data(self, **kwargs: object) -> dict[str, Any]:
        rows = self.room.members.select_related("user", "agent").order_by("joined_at", "pk")
        page = Paginator(rows, PAGE).get_page(self.request.GET.get("page"))
        for row in page:
            row.shown_name = name_of(row.user)
        moderates = get_policy(type(self.room)).can(self.actor, "moderate", self.room)
        return super().get_context_data(
            **{
                "room": self.room,
                "members": page,
                "moderates": moderates,
                "owns": get_policy(type(self.room)).can(self.actor, "own", self.room),
                "roles": MemberRole.choices,
                "agent_form": AgentMemberForm(agents=self._agents()) if moderates else None,
                "invitations": self.room.invitations.order_by("-created_at")[:PAGE] if moderates else (),
                **kwargs,
            }
        )

    def _agents(self) -> Any:
        return get_agent_model().objects.of(self.request.user).active()

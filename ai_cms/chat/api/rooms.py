"""``/rooms/``: public ones, and those one is a member of or asked into."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.bodies import EmptySerializer
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.exceptions import InvalidInput, NotFound

from .. import get_conversation_model
from ..models import Member, Message
from ..reading import messages_for, rooms_for
from ..services import (
    add_agent,
    create_room,
    delete_conversation,
    invite,
    join_room,
    leave_room,
    mark_read,
    remove_member,
    set_role,
    stop_answers,
    update_conversation,
)
from .base import ID, ChatViewSet
from .conversations import FORMAT, exported
from .messages import MessageFilter, post_message
from .room_serializers import (
    InvitationSerializer,
    InviteSerializer,
    MemberSerializer,
    NewMemberSerializer,
    ReadSerializer,
    RoleSerializer,
    RoomSerializer,
)
from .serializers import MessageSerializer, RoomMessageSerializer, StoppedSerializer

__all__ = ["RoomViewSet"]

MEMBER = OpenApiParameter("member", {"type": "integer"}, OpenApiParameter.PATH)
AFTER = [
    OpenApiParameter("before", {"type": "integer", "minimum": 0}, description="A message's number."),
    OpenApiParameter("after", {"type": "integer", "minimum": 0}, description="A message's number."),
    OpenApiParameter(
        "changed_after", {"type": "integer", "minimum": 0}, description="The change of the last message that is known."
    ),
]


class RoomFilter(filters.FilterSet):  # type: ignore[misc]
    """Rooms by one's place in them."""

    public = filters.BooleanFilter(field_name="is_public")
    archived = filters.BooleanFilter(field_name="is_archived")
    joined = filters.BooleanFilter(method="by_place", help_text="true: those one is a member of alone.")

    def by_place(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.filter(my_role__isnull=not value)


@extend_schema_view(
    list=extend_schema(summary="List rooms", responses=RoomSerializer(many=True)),
    retrieve=extend_schema(summary="Read a room", parameters=[ID], responses=RoomSerializer),
    create=extend_schema(summary="Open a room", request=RoomSerializer, responses={201: RoomSerializer}),
    update=extend_schema(summary="Replace a room's settings", parameters=[ID], request=RoomSerializer, responses=RoomSerializer),
    partial_update=extend_schema(
        summary="Change a room's settings", parameters=[ID], request=RoomSerializer, responses=RoomSerializer
    ),
    destroy=extend_schema(summary="Delete a room", parameters=[ID], responses={204: None}),
)  # fmt: skip
class RoomViewSet(ChatViewSet):
    """Rooms."""

    serializer_class = RoomSerializer
    filterset_class = RoomFilter
    search_fields = ("title", "description")
    ordering_fields = ("title", "created_at", "last_message_at")
    keyed_actions = frozenset({"post_message"})

    def base_queryset(self) -> Any:
        return get_conversation_model().objects.rooms()

    def get_queryset(self) -> Any:
        return rooms_for(self.actor, super().get_queryset())

    def list(self, request: Request) -> Response:
        return self.paged(self.filter_queryset(self.get_queryset()), RoomSerializer)

    def retrieve(self, request: Request, id: str) -> Response:
        return self.shown(RoomSerializer, self.found())

    def create(self, request: Request) -> Response:
        room = create_room(actor=self.actor, **self.values(RoomSerializer))
        return self.shown(RoomSerializer, self.get_queryset().get(pk=room.pk), 201)

    def update(self, request: Request, id: str, **options: Any) -> Response:
        room = self.found()
        self.require("change", room)
        update_conversation(room, actor=self.actor, **self.values(RoomSerializer, **options))
        return self.shown(RoomSerializer, self.found())

    def partial_update(self, request: Request, id: str) -> Response:
        return self.update(request, id, partial=True)

    def destroy(self, request: Request, id: str) -> Response:
        delete_conversation(self.found(), actor=self.actor)
        return Response(status=204)

    # Messages

    @extend_schema(
        operation_id="rooms_messages",
        summary="List the messages of a room",
        description="The oldest first. With changed_after those that are new or other since then.",
        parameters=[ID, *AFTER],
        responses=MessageSerializer(many=True),
    )
    @action(detail=True, methods=["get"], filter_backends=[])
    def messages(self, request: Request, id: str) -> Response:
        room = self.found()
        self.require("read", room)
        wanted = MessageFilter(request.query_params, queryset=Message.objects.filter(conversation=room))
        if not wanted.is_valid():
            raise InvalidInput(errors={name: list(found) for name, found in wanted.errors.items()})
        order = "change" if request.query_params.get("changed_after") else "number"
        return self.paged(messages_for(wanted.qs.order_by(order)), MessageSerializer)

    @extend_schema(
        operation_id="rooms_messages_create",
        summary="Send a message to a room",
        description="Agents answer that it mentions as @name, with the rights of whoever mentions them.",
        parameters=[ID],
        request=RoomMessageSerializer,
        responses={201: MessageSerializer, 200: MessageSerializer},
    )
    @messages.mapping.post
    def post_message(self, request: Request, id: str) -> Response:
        room = self.found()
        self.require("post", room)
        sent = post_message(self, room, self.values(RoomMessageSerializer))
        row = messages_for(Message.objects.filter(pk=sent.message.pk)).get()
        return self.shown(MessageSerializer, row, 201 if sent.created else 200)

    @extend_schema(
        summary="Keep up to where one has read", parameters=[ID], request=ReadSerializer, responses=RoomSerializer
    )
    @action(detail=True, methods=["post"])
    def read(self, request: Request, id: str) -> Response:
        mark_read(self.found(), self.values(ReadSerializer)["number"], actor=self.actor)
        return self.shown(RoomSerializer, self.found())

    @extend_schema(
        operation_id="rooms_stop",
        summary="Stop what agents write in a room",
        parameters=[ID],
        request=None,
        responses={200: StoppedSerializer},
    )
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, id: str) -> Response:
        room = self.found()
        self.values(EmptySerializer)
        return Response({"stopped": stop_answers(room, actor=self.actor)})

    @extend_schema(
        operation_id="rooms_export",
        summary="Export a room",
        parameters=[ID, FORMAT],
        responses={(200, "application/json"): OpenApiTypes.OBJECT, (200, "text/markdown"): OpenApiTypes.STR},
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def export(self, request: Request, id: str) -> HttpResponse:
        room = self.found()
        self.require("read", room)
        return exported(request, room)

    # Members

    @extend_schema(summary="Join a room", parameters=[ID], request=None, responses=RoomSerializer)
    @action(detail=True, methods=["post"])
    def join(self, request: Request, id: str) -> Response:
        room = self.found()
        self.values(EmptySerializer)
        join_room(room, actor=self.actor)
        return self.shown(RoomSerializer, self.found())

    @extend_schema(summary="Leave a room", parameters=[ID], request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def leave(self, request: Request, id: str) -> Response:
        room = self.found()
        self.values(EmptySerializer)
        leave_room(room, actor=self.actor)
        return Response(status=204)

    @extend_schema(
        summary="Ask somebody in",
        description="By id, user name or e-mail address; the answer is the same whether there is such a person or not.",
        parameters=[ID],
        request=InviteSerializer,
        responses={202: InvitationSerializer},
    )
    @action(detail=True, methods=["post"])
    def invite(self, request: Request, id: str) -> Response:
        room = self.found()
        values = self.values(InviteSerializer)
        made = invite(room, values["user"], actor=self.actor, role=values["role"])
        return self.shown(InvitationSerializer, made, 202)

    @extend_schema(summary="List who was asked in", parameters=[ID], responses=InvitationSerializer(many=True))
    @action(detail=True, methods=["get"], filter_backends=[])
    def invitations(self, request: Request, id: str) -> Response:
        room = self.found()
        self.require("moderate", room)
        return self.paged(room.invitations.order_by("-created_at", "-pk"), InvitationSerializer)

    @extend_schema(summary="List the members of a room", parameters=[ID], responses=MemberSerializer(many=True))
    @action(detail=True, methods=["get"], filter_backends=[])
    def members(self, request: Request, id: str) -> Response:
        room = self.found()
        self.require("read", room)
        rows = room.members.select_related("user", "agent").order_by("joined_at", "pk")
        return self.paged(rows, MemberSerializer)

    @extend_schema(
        operation_id="rooms_members_create",
        summary="Let an agent of yours in",
        parameters=[ID],
        request=NewMemberSerializer,
        responses={201: MemberSerializer},
    )
    @members.mapping.post
    def add_member(self, request: Request, id: str) -> Response:
        room = self.found()
        self.require("moderate", room)
        agent = self.agent_of(self.values(NewMemberSerializer)["agent"])
        return self.shown(MemberSerializer, add_agent(room, agent, actor=self.actor), 201)

    @extend_schema(
        operation_id="rooms_members_update",
        summary="Give a member another role",
        parameters=[ID, MEMBER],
        request=RoleSerializer,
        responses=MemberSerializer,
    )
    @action(detail=True, methods=["patch"], url_path="members/(?P<member>[^/]+)", url_name="member")
    def member(self, request: Request, id: str, member: str) -> Response:
        found = self._member(member)
        role = self.values(RoleSerializer)["role"]
        return self.shown(MemberSerializer, set_role(found, role, actor=self.actor))

    @extend_schema(
        operation_id="rooms_members_destroy",
        summary="Put a member out",
        parameters=[ID, MEMBER],
        responses={204: None},
    )
    @member.mapping.delete
    def remove_member(self, request: Request, id: str, member: str) -> Response:
        remove_member(self._member(member), actor=self.actor)
        return Response(status=204)

    def _member(self, key: str) -> Member:
        room = self.found()
        self.require("read", room)
        if not (key.isascii() and key.isdecimal()) or len(key) > 18:
            raise NotFound
        found = Member.objects.select_related("conversation", "user", "agent").filter(conversation=room, pk=key).first()
        if found is None:
            raise NotFound
        return found

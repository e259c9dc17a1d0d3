"""``/messages/``: of one's conversations and rooms."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http.response import HttpResponseBase
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.bodies import EmptySerializer
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.core.permissions import get_policy
from ai_cms.llm.runs.streaming import run_stream

from .. import get_conversation_model
from ..models import Message
from ..reading import messages_for
from ..services import (
    Sent,
    add_reaction,
    continue_answer,
    delete_message,
    edit_and_branch,
    edit_message,
    regenerate,
    remove_reaction,
    select_branch,
    send_message,
    watched,
)
from .base import ID, ChatViewSet, is_true, sent_answer
from .protocols import AFTER, LAST_EVENT, POLL, PROTOCOL, RUN, STREAMED, place_of, watch
from .serializers import (
    ContentSerializer,
    ConversationSerializer,
    MessageSerializer,
    NewMessageSerializer,
    OtherAgentSerializer,
    ReactionRequestSerializer,
    SentSerializer,
)

__all__ = ["MessageFilter", "MessageViewSet", "post_message"]

EMOJI = OpenApiParameter("emoji", str, required=True, description="Which.")
STREAM = OpenApiParameter("stream", bool, description="Answer with the events of the run, as they come.")
SENT = {200: SentSerializer, 201: SentSerializer, 202: SentSerializer}


class MessageFilter(filters.FilterSet):  # type: ignore[misc]
    """Messages of one conversation, from one place on, or changed since."""

    conversation = filters.UUIDFilter(field_name="conversation_id")
    room = filters.UUIDFilter(field_name="conversation_id")
    role = filters.ChoiceFilter(choices=[("user", "user"), ("assistant", "assistant"), ("system", "system")])
    before = filters.NumberFilter(
        field_name="number", lookup_expr="lt", min_value=0, max_value=2**31 - 1, help_text="A message's number."
    )
    after = filters.NumberFilter(
        field_name="number", lookup_expr="gt", min_value=0, max_value=2**31 - 1, help_text="A message's number."
    )
    changed_after = filters.NumberFilter(
        field_name="change",
        lookup_expr="gt",
        min_value=0,
        max_value=2**63 - 1,
        help_text="The change of the last message that is known: what is new or other since then.",
    )


@extend_schema_view(
    list=extend_schema(summary="List messages", responses=MessageSerializer(many=True)),
    retrieve=extend_schema(summary="Read a message", parameters=[ID], responses=MessageSerializer),
    create=extend_schema(
        summary="Send a message",
        description="To a conversation or a room. The answer is written meanwhile: `run` of the message says where.",
        request=NewMessageSerializer,
        responses={201: MessageSerializer, 200: MessageSerializer},
    ),
    update=extend_schema(
        summary="Change one's message", parameters=[ID], request=ContentSerializer, responses=MessageSerializer
    ),
    partial_update=extend_schema(
        summary="Change one's message", parameters=[ID], request=ContentSerializer, responses=MessageSerializer
    ),
    destroy=extend_schema(summary="Delete a message", parameters=[ID], responses={204: None}),
)
class MessageViewSet(ChatViewSet):
    """Messages."""

    serializer_class = MessageSerializer
    filterset_class = MessageFilter
    ordering_fields = ("created_at", "number", "change")
    keyed_actions = frozenset({"create"})
    streamed_actions = frozenset({"events", "regenerate", "branch", "go_on"})

    def base_queryset(self) -> Any:
        return Message.objects.select_related("conversation", "run")

    def list(self, request: Request) -> Response:
        rows = self.get_queryset()
        if not (request.query_params.get("conversation") or request.query_params.get("room")):
            # Public rooms are read, but not one's own.
            mine = get_conversation_model().objects.joined_by(self.actor.account)
            rows = rows.filter(conversation__in=mine.values("pk"))
        found = self.filter_queryset(rows)
        if "ordering" not in request.query_params:
            found = found.order_by("-created_at", "-number", "-pk")
        return self.paged(messages_for(found), MessageSerializer)

    def retrieve(self, request: Request, id: str) -> Response:
        return self.again(self.found())

    def create(self, request: Request) -> Response:
        values = self.values(NewMessageSerializer)
        key = values.pop("conversation", None) or values.pop("room", None)
        if key is None:
            raise InvalidInput(errors={"conversation": ["Name a conversation or a room."]})
        model = get_conversation_model()
        rows = get_policy(model).visible(self.actor, model.objects.select_related("agent"))
        conversation = rows.filter(pk=key).first()
        if conversation is None:
            raise InvalidInput(errors={"conversation": ["There is no such conversation."]})
        sent = post_message(self, conversation, values)
        return self.again(sent.message, 201 if sent.created else 200)

    def update(self, request: Request, id: str) -> Response:
        message = self.found()
        self.require("change", message)
        text = self.values(ContentSerializer)["content"]
        return self.again(edit_message(message, text, actor=self.actor))

    def partial_update(self, request: Request, id: str) -> Response:
        return self.update(request, id)

    def destroy(self, request: Request, id: str) -> Response:
        delete_message(self.found(), actor=self.actor)
        return Response(status=204)

    @extend_schema(
        summary="Watch an answer",
        description="The run that writes it, for everybody who may read the conversation. With protocol in the words of "
        "another project's clients; without, as `/runs/{id}/events/`.",
        parameters=[ID, PROTOCOL, AFTER, LAST_EVENT, RUN, POLL],
        responses=STREAMED,
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def events(self, request: Request, id: str) -> HttpResponseBase:
        message = self.found()
        after, poll = place_of(request), is_true(request.query_params.get("poll", ""))
        shown = watched(message, after=after)
        if shown is None:
            raise NotFound
        if not self.protocol:
            if poll:
                raise InvalidInput(errors={"protocol": ["Name the protocol of the parts: ai-sdk or ag-ui."]})
            ndjson = "application/x-ndjson" in request.headers.get("Accept", "")
            return run_stream(request._request, message.run, after=after.event, ndjson=ndjson)
        run = request.query_params.get("run", "")
        return watch(request, self.protocol, shown, thread=str(message.conversation_id), run=run, poll=poll)

    @extend_schema(
        summary="Write an answer anew",
        parameters=[ID, STREAM, PROTOCOL],
        request=OtherAgentSerializer,
        responses=SENT,
    )
    @action(detail=True, methods=["post"])
    def regenerate(self, request: Request, id: str) -> HttpResponseBase:
        message = self.found()
        agent = self.agent_of(self.values(OtherAgentSerializer).get("agent"))
        return sent_answer(self, regenerate(message, actor=self.actor, agent=agent), stream=self.streams())

    @extend_schema(
        summary="Ask a question otherwise, in a branch beside it",
        parameters=[ID, STREAM, PROTOCOL],
        request=ContentSerializer,
        responses=SENT,
    )
    @action(detail=True, methods=["post"])
    def branch(self, request: Request, id: str) -> HttpResponseBase:
        message = self.found()
        text = self.values(ContentSerializer)["content"]
        return sent_answer(self, edit_and_branch(message, text, actor=self.actor), stream=self.streams())

    @extend_schema(
        operation_id="messages_continue",
        summary="Have an answer go on that was cut off",
        parameters=[ID, STREAM, PROTOCOL],
        request=None,
        responses=SENT,
    )
    @action(detail=True, methods=["post"], url_path="continue", url_name="continue")
    def go_on(self, request: Request, id: str) -> HttpResponseBase:
        message = self.found()
        self.values(EmptySerializer)
        return sent_answer(self, continue_answer(message, actor=self.actor), stream=self.streams())

    @extend_schema(
        summary="Show the branch of a message", parameters=[ID], request=None, responses=ConversationSerializer
    )
    @action(detail=True, methods=["post"])
    def select(self, request: Request, id: str) -> Response:
        message = self.found()
        self.values(EmptySerializer)
        return self.shown(ConversationSerializer, select_branch(message, actor=self.actor))

    @extend_schema(
        summary="React to a message",
        parameters=[ID],
        request=ReactionRequestSerializer,
        responses=MessageSerializer,
    )
    @action(detail=True, methods=["post"])
    def reactions(self, request: Request, id: str) -> Response:
        message = self.found()
        emoji = self.values(ReactionRequestSerializer)["emoji"]
        return self.again(add_reaction(message, emoji, actor=self.actor))

    @extend_schema(summary="Take one's reaction back", parameters=[ID, EMOJI], responses={204: None})
    @reactions.mapping.delete
    def remove_reaction(self, request: Request, id: str) -> Response:
        remove_reaction(self.found(), request.query_params.get("emoji", ""), actor=self.actor)
        return Response(status=204)

    def again(self, message: Message, status: int = 200) -> Response:
        """Return a message as it is stored by now."""
        return self.shown(MessageSerializer, messages_for(Message.objects.filter(pk=message.pk)).get(), status)

    def streams(self) -> bool:
        """Return whether the client wants the run's events as the answer."""
        return is_true(self.request.query_params.get("stream", ""))


def post_message(view: ChatViewSet, conversation: Any, values: dict[str, Any]) -> Sent:
    """Send the message of a body to a conversation or a room, without waiting for an answer."""
    parent: UUID | None = values.get("parent")
    reply_to = None
    if parent is not None:
        reply_to = Message.objects.filter(Q(conversation=conversation), pk=parent).first()
        if reply_to is None:
            raise InvalidInput(errors={"parent": ["There is no such message here."]})
    return send_message(
        conversation,
        values["content"],
        actor=view.actor,
        attachments=values.get("attachments", ()),
        client_id=values.get("client_id", ""),
        request_key=view.request_key,
        reply_to=reply_to,
    )

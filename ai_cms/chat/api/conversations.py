"""``/conversations/``: one's own, with their messages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.bodies import EmptySerializer
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.parsers import MultiPartParser
from ai_cms.core.exceptions import InvalidInput

from .. import get_conversation_model
from ..context import gauge_of
from ..exports import conversation_json, conversation_markdown, file_name, json_text
from ..finding import find_messages
from ..reading import shown_branch
from ..services import (
    create_conversation,
    delete_conversation,
    import_file,
    open_answer,
    revoke_share,
    send_message,
    share_conversation,
    stop_answers,
    take_incoming,
    update_conversation,
    watched,
)
from .base import ID, ChatViewSet, as_uuid, sent_answer
from .protocols import PROTOCOL, RUN, read_incoming, watch
from .serializers import (
    ConversationDetailSerializer,
    ConversationFileSerializer,
    ConversationSerializer,
    FoundSerializer,
    GaugeSerializer,
    NewShareSerializer,
    SendMessageSerializer,
    SentSerializer,
    ShareSerializer,
    StoppedSerializer,
    TakenInSerializer,
)

__all__ = ["FORMAT", "ConversationFilter", "ConversationViewSet", "exported"]

FORMAT = OpenApiParameter("format", str, enum=["json", "markdown"], description="json by default.")
NAMED = OpenApiParameter("protocol", str, required=True, enum=["ag-ui", "ai-sdk"], description="Whose client asks.")
#: Conversations of an export of all.
MOST_EXPORTED = 10_000


class ConversationFilter(filters.FilterSet):  # type: ignore[misc]
    """Conversations by where they are kept."""

    archived = filters.BooleanFilter(field_name="is_archived")
    pinned = filters.BooleanFilter(field_name="is_pinned")
    folder = filters.CharFilter(method="by_folder", help_text="A folder with those in it.")
    agent = filters.UUIDFilter(field_name="agent_id")

    def by_folder(self, queryset: Any, name: str, value: str) -> Any:
        folder = "/".join(filter(None, value.split("/")))
        if not folder:
            return queryset.filter(folder="")
        return queryset.filter(folder=folder) | queryset.filter(folder__startswith=f"{folder}/")


@extend_schema_view(
    list=extend_schema(summary="List your conversations", responses=ConversationSerializer(many=True)),
    retrieve=extend_schema(
        summary="Read a conversation with its messages", parameters=[ID], responses=ConversationDetailSerializer
    ),
    create=extend_schema(
        summary="Begin a conversation", request=ConversationSerializer, responses={201: ConversationSerializer}
    ),
    update=extend_schema(
        summary="Replace a conversation's settings",
        parameters=[ID],
        request=ConversationSerializer,
        responses=ConversationSerializer,
    ),
    partial_update=extend_schema(
        summary="Change a conversation's settings",
        parameters=[ID],
        request=ConversationSerializer,
        responses=ConversationSerializer,
    ),
    destroy=extend_schema(summary="Delete a conversation", parameters=[ID], responses={204: None}),
)
class ConversationViewSet(ChatViewSet):
    """Conversations of one person with an agent."""

    serializer_class = ConversationSerializer
    filterset_class = ConversationFilter
    search_fields = ("title",)
    ordering_fields = ("title", "created_at", "updated_at", "last_message_at")
    keyed_actions = frozenset({"send_message", "chat"})
    streamed_actions = frozenset({"send_message", "chat", "chat_resumed"})
    # Its answers are events or files.
    idempotency_lease = 600

    def base_queryset(self) -> Any:
        return get_conversation_model().objects.direct().select_related("agent")

    def list(self, request: Request) -> Response:
        return self.paged(self.filter_queryset(self.get_queryset()), ConversationSerializer)

    def retrieve(self, request: Request, id: str) -> Response:
        conversation = self.found()
        branch = shown_branch(conversation)
        context = {**self.get_serializer_context(), **branch.to_context()}
        return Response(ConversationDetailSerializer(conversation, context=context).data)

    def create(self, request: Request) -> Response:
        values = self.values(ConversationSerializer)
        agent = self.agent_of(values.pop("agent_id", None))
        conversation = create_conversation(actor=self.actor, agent=agent, **values)
        return self.shown(ConversationSerializer, conversation, 201)

    def update(self, request: Request, id: str, **options: Any) -> Response:
        conversation = self.found()
        values = self.values(ConversationSerializer, **options)
        if "agent_id" in values:
            values["agent"] = self.agent_of(values.pop("agent_id"))
        return self.shown(ConversationSerializer, update_conversation(conversation, actor=self.actor, **values))

    def partial_update(self, request: Request, id: str) -> Response:
        return self.update(request, id, partial=True)

    def destroy(self, request: Request, id: str) -> Response:
        delete_conversation(self.found(), actor=self.actor)
        return Response(status=204)

    @extend_schema(
        summary="Send a message and get the answer",
        description="Waits for the answer. With stream the answer of the request is the run's events; with "
        "`Prefer: respond-async`, and where no thread is free to wait, 202 says where they are. Whoever leaves finds the "
        "answer later. With protocol the answer is a stream in the words of another project's clients.",
        parameters=[
            ID,
            PROTOCOL,
            OpenApiParameter("Prefer", str, OpenApiParameter.HEADER, description="respond-async"),
        ],
        request=SendMessageSerializer,
        responses={
            201: SentSerializer,
            200: OpenApiResponse(SentSerializer, description="It had been sent before; or events, with stream."),
            202: OpenApiResponse(SentSerializer, description="The answer is being written."),
        },
    )
    @action(detail=True, methods=["post"])
    def send_message(self, request: Request, id: str) -> HttpResponseBase:
        conversation = self.found()
        values = self.values(SendMessageSerializer)
        sent = send_message(
            conversation,
            values["content"],
            actor=self.actor,
            attachments=values.get("attachments", ()),
            client_id=values.get("client_id", ""),
            request_key=self.request_key,
            agent=self.agent_of(values.get("agent")),
        )
        return sent_answer(self, sent, stream=values["stream"])

    @extend_schema(
        summary="Take what a client of another protocol posts",
        description="The body of the AI SDK's chat transport, or AG-UI's RunAgentInput. Of it are read what a person said last, "
        "the answers to requests for approval, and whether the last answer is wanted anew; a message that was sent before is "
        "not sent again. Answers with the stream.",
        parameters=[ID, NAMED],
        request=OpenApiTypes.OBJECT,
        responses={(200, "text/event-stream"): OpenApiTypes.STR},
    )
    @action(detail=True, methods=["post"], pagination_class=None, filter_backends=[])
    def chat(self, request: Request, id: str) -> HttpResponseBase:
        conversation = self.found()
        self._named()
        # The parser has refused everything but objects.
        body = request.data if isinstance(request.data, dict) else {}
        incoming = read_incoming(self.protocol, body)
        shown = take_incoming(conversation, incoming, actor=self.actor, request_key=self.request_key)
        return watch(request, self.protocol, shown, thread=str(conversation.pk), run=incoming.run)

    @extend_schema(
        operation_id="conversations_chat_resume",
        summary="Take up the answer that is being written",
        description="From its beginning; 204 if none is. A stream that was lost half way goes on at `/messages/{id}/events/`.",
        parameters=[ID, NAMED, RUN],
        responses={(200, "text/event-stream"): OpenApiTypes.STR, 204: None},
    )
    @chat.mapping.get
    def chat_resumed(self, request: Request, id: str) -> HttpResponseBase:
        conversation = self.found()
        self._named()
        answer = open_answer(conversation)
        shown = watched(answer) if answer is not None else None
        if shown is None:
            return Response(status=204)
        run = request.query_params.get("run", "")
        return watch(request, self.protocol, shown, thread=str(conversation.pk), run=run)

    def _named(self) -> None:
        if not self.protocol:
            raise InvalidInput(errors={"protocol": ["Name it: ai-sdk or ag-ui."]})

    @extend_schema(
        summary="Stop what is being written", parameters=[ID], request=None, responses={200: StoppedSerializer}
    )
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, id: str) -> Response:
        conversation = self.found()
        self.values(EmptySerializer)
        return Response({"stopped": stop_answers(conversation, actor=self.actor)})

    @extend_schema(summary="Say how full the context is", parameters=[ID], responses=GaugeSerializer)
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def context(self, request: Request, id: str) -> Response:
        return Response(gauge_of(self.found()))

    @extend_schema(
        operation_id="conversations_export",
        summary="Export a conversation",
        description="JSON has all branches and can be taken in again, Markdown the branch that is shown.",
        parameters=[ID, FORMAT],
        responses={
            (200, "application/json"): OpenApiTypes.OBJECT,
            (200, "text/markdown"): OpenApiTypes.STR,
        },
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def export(self, request: Request, id: str) -> HttpResponse:
        return exported(request, self.found())

    @extend_schema(
        operation_id="conversations_shares_list",
        summary="List the links to a conversation",
        description="Those that have not ended, the newest first.",
        parameters=[ID],
        responses=ShareSerializer(many=True),
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def shares(self, request: Request, id: str) -> Response:
        rows = self._shared().shares.filter(expires_at__gt=timezone.now()).defer("messages")
        return Response(ShareSerializer(rows, many=True, context=self.get_serializer_context()).data)

    @extend_schema(
        operation_id="conversations_shares_create",
        summary="Share a conversation by a link",
        description="Whoever has the link reads the conversation as it is now, without names of people, files and calls of "
        "tools. Rooms are not shared: what is said there is their members'.",
        parameters=[ID],
        request=NewShareSerializer,
        responses={201: ShareSerializer},
    )
    @shares.mapping.post
    def share(self, request: Request, id: str) -> Response:
        conversation = self.found()
        made = share_conversation(conversation, actor=self.actor, days=self.values(NewShareSerializer).get("days"))
        return self.shown(ShareSerializer, made, 201)

    @extend_schema(
        operation_id="conversations_shares_delete",
        summary="Take a link back",
        parameters=[ID, OpenApiParameter("share", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH)],
        request=None,
        responses={204: None},
    )
    @action(
        detail=True, methods=["delete"], url_path="shares/(?P<share>[^/]+)", pagination_class=None, filter_backends=[]
    )
    def share_delete(self, request: Request, id: str, share: str) -> Response:
        revoke_share(self.found(), as_uuid(share), actor=self.actor)
        return Response(status=204)

    def _shared(self) -> Any:
        """Return the conversation to whoever may share it. Raises NotFound, PermissionRefused."""
        conversation = self.found()
        self.require("share", conversation)
        return conversation

    @extend_schema(
        operation_id="conversations_export_all",
        summary="Export all your conversations",
        responses={(200, "application/json"): OpenApiTypes.OBJECT},
    )
    @action(detail=False, methods=["get"], url_path="export", url_name="export-all", pagination_class=None)
    def export_all(self, request: Request) -> HttpResponse:
        rows = self.get_queryset().order_by("created_at", "pk")[:MOST_EXPORTED]
        text = json_text({"conversations": [conversation_json(row) for row in rows]})
        answer = HttpResponse(text, content_type="application/json; charset=utf-8")
        answer["Content-Disposition"] = 'attachment; filename="conversations.json"'
        return answer

    @extend_schema(
        operation_id="conversations_import",
        summary="Take in conversations from elsewhere",
        description="An export file of this interface, of ChatGPT (its ZIP archive too) or of LibreChat. What was taken in "
        "before is not changed. What a file holds and a conversation here cannot is named in `dropped`.",
        request={"multipart/form-data": ConversationFileSerializer},
        responses={200: TakenInSerializer},
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="import",
        url_name="import",
        parser_classes=[MultiPartParser],
        pagination_class=None,
        filter_backends=[],
    )
    def take_in(self, request: Request) -> Response:
        self.require("add")
        done = import_file(self.values(ConversationFileSerializer)["file"], actor=self.actor)
        return Response(TakenInSerializer(done).data)

    @extend_schema(
        operation_id="conversations_search",
        summary="Search your conversations",
        description="The newest first; of messages that hold all words.",
        parameters=[OpenApiParameter("q", str, required=True, description="Words.")],
        responses=FoundSerializer(many=True),
    )
    @action(detail=False, methods=["get"], filter_backends=[], url_path="search")
    def search_all(self, request: Request) -> Response:
        found = find_messages(self.actor, request.query_params.get("q", ""))
        page: Any = self.paginate_queryset(found.rows)
        return self.get_paginated_response([found.shown(row) for row in page])


def exported(request: Request, conversation: Any) -> HttpResponse:
    """Return the file of one conversation."""
    wanted = request.query_params.get("format", "json")
    if wanted not in ("json", "markdown"):
        raise InvalidInput(errors={"format": ["Choose one of: json, markdown."]})
    if wanted == "json":
        text, kind, suffix = json_text(conversation_json(conversation)), "application/json", "json"
    else:
        text, kind, suffix = conversation_markdown(conversation), "text/markdown", "md"
    answer = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{file_name(conversation, suffix)}"'
    return answer

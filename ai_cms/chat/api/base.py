"""What the viewsets of chat have in common."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.idempotency import principal_of
from ai_cms.core.api.viewsets import ServiceMixin, ServiceViewSet
from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.core.permissions import get_policy
from ai_cms.llm.runs.streaming import run_stream
from ai_cms.llm.seats import has_free_seat

from .. import get_agent_model
from ..conf import chat_settings
from ..services import Sent, wait_for, watched
from .protocols import protocol_named, require_seat, watch
from .serializers import MessageSerializer

__all__ = ["ID", "ChatMixin", "ChatViewSet", "as_uuid", "is_true", "sent_answer"]

ID = OpenApiParameter("id", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH)


def as_uuid(raw: object) -> UUID:
    """Return the id in a path. Raises NotFound for what is none."""
    try:
        return UUID(str(raw))
    except ValueError:
        raise NotFound from None


def is_true(value: object) -> bool:
    """Return whether a serializer will read ``value`` as true."""
    return value is True or str(value).lower() in ("true", "t", "yes", "y", "on", "1")


class ChatMixin(ServiceMixin):
    """Write messages: never in a transaction that waits for a model, and a repeated request is one message.

    ``keyed_actions``: those that keep the ``Idempotency-Key`` with the message, so that its repetition finds the same run.
    ``streamed_actions``: those whose answer is a run, in the words of ``protocol`` where the request names one.
    """

    idempotency_atomic = False
    keyed_actions: frozenset[str] = frozenset()
    streamed_actions: frozenset[str] = frozenset()
    request_key = ""
    protocol = ""

    @classmethod
    def as_view(cls, *args: Any, **kwargs: Any) -> Any:
        return transaction.non_atomic_requests(super().as_view(*args, **kwargs))

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        action = getattr(self, "action", None)
        if action in self.streamed_actions:
            self.protocol = protocol_named(request)
            if self.protocol and request.method == "POST":
                require_seat(request)
        if action not in self.keyed_actions:
            return
        key = request.META.get("HTTP_IDEMPOTENCY_KEY")
        # A malformed key stays where it is, to be refused like any other.
        if key and key.isascii() and key.isprintable() and len(key) <= 255:
            del request.META["HTTP_IDEMPOTENCY_KEY"]
            digest = hashlib.sha256(f"{principal_of(request)}\n{request.path}\n{key}".encode()).hexdigest()
            self.request_key = f"rest:{digest}"


class ChatViewSet(ChatMixin, ServiceViewSet):
    """Look rows up as the actor sees them."""

    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"

    def found(self) -> Any:
        """Return the row named in the path. Raises NotFound, for hidden ones too."""
        row = self.get_queryset().filter(pk=as_uuid(self.kwargs["id"])).order_by().first()
        if row is None:
            raise NotFound
        return row

    def values(self, serializer_class: Any, **options: Any) -> dict[str, Any]:
        """Return the validated body. Raises REST framework's ValidationError."""
        serializer: serializers.Serializer[Any] = serializer_class(
            data=self.request.data, context=self.get_serializer_context(), **options
        )
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def paged(self, rows: Any, serializer_class: Any) -> Response:
        """Return a page of ``rows``."""
        page: Any = self.paginate_queryset(rows)
        data = serializer_class(page, many=True, context=self.get_serializer_context()).data
        return self.get_paginated_response(data)

    def shown(self, serializer_class: Any, row: Any, status: int = 200) -> Response:
        return Response(serializer_class(row, context=self.get_serializer_context()).data, status=status)

    def agent_of(self, key: UUID | None) -> Any | None:
        """Return one of the actor's agents. Raises InvalidInput."""
        if key is None:
            return None
        model = get_agent_model()
        found = get_policy(model).visible(self.actor, model.objects.all()).filter(pk=key).first()
        if found is None:
            raise InvalidInput(errors={"agent": ["There is no such agent."]})
        return found


def sent_answer(view: ChatViewSet, sent: Sent, *, stream: bool = False) -> HttpResponseBase:
    """Return the answer to a message that was sent: with the answer, its events as they come, or where they can be had.

    201 when the answer is there, 202 where it is still being written, 200 where the message had been sent before. Where the
    request names a protocol, the answer is a stream in it.
    """
    request = view.request
    run = sent.answers[0].run if sent.answers else None
    if run is not None and view.protocol:
        shown = watched(sent.answers[0])
        if shown is not None:
            return watch(request, view.protocol, shown, thread=str(sent.message.conversation_id))
    later = "respond-async" in request.headers.get("Prefer", "").lower()
    if run is not None and stream and has_free_seat(request._request):
        ndjson = "application/x-ndjson" in request.headers.get("Accept", "")
        response = run_stream(request._request, run, after=0, ndjson=ndjson)
        response["AI-CMS-Run"] = str(run.pk)
        response["AI-CMS-Message"] = str(sent.answers[0].pk)
        return response
    # All threads that may wait do: the answer goes on without one.
    if run is not None and not (later or stream) and has_free_seat(request._request):
        sent.answers = waited(view, sent)
    context = view.get_serializer_context()
    answer = sent.answers[0] if sent.answers else None
    data = {
        "user_message": MessageSerializer(sent.message, context=context).data,
        "assistant_message": MessageSerializer(answer, context=context).data if answer is not None else None,
        "run": str(run.pk) if run is not None else None,
        "events": reverse("ai_cms_api:run-events", kwargs={"pk": str(run.pk)}) if run is not None else None,
        "cancel": reverse("ai_cms_api:run-cancel", kwargs={"pk": str(run.pk)}) if run is not None else None,
    }
    status = 200 if not sent.created else 201
    if answer is not None and answer.is_open:
        status = 202
    made = Response(data, status=status)
    if later and status == 202:
        made["Preference-Applied"] = "respond-async"
    return made


def waited(view: ChatViewSet, sent: Sent) -> list[Any]:
    """Return the answers after waiting for them, on a seat."""
    from_now = wait_for(sent.answers, chat_settings.CHAT_WAIT_SECONDS)
    return from_now or sent.answers

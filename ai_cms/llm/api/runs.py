"""``/runs/``: state, events as a stream, cancellation."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.bodies import EmptySerializer
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.viewsets import ServiceViewSet
from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.llm.models import Run, RunStatus

from ..runs.events import events_after
from ..runs.executors.runner import get_executor
from ..runs.services import cancel_run
from ..runs.streaming import run_stream
from .filters import RunFilter
from .serializers import EventSerializer, RunDetailSerializer, RunSerializer

__all__ = ["RunViewSet"]

AFTER = OpenApiParameter(
    "after",
    {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    description="The number of the last event that is known.",
)
#: How long a run may wait before a look at it has it looked for.
PATIENCE = timedelta(seconds=5)


@extend_schema_view(list=extend_schema(summary="List runs: one's own, staff all"))
class RunViewSet(mixins.ListModelMixin, ServiceViewSet):
    queryset = Run.objects.select_related("content_type")
    serializer_class = RunSerializer
    filterset_class = RunFilter
    ordering_fields = ("created_at", "finished_at")
    required_scopes = {"cancel": "write"}

    def outside(self, response: Any) -> str:
        # What a model has written, of texts that may hold anything; a stream may bring it any moment.
        data = getattr(response, "data", None)
        told = self.action == "events" or (isinstance(data, dict) and (data.get("result") or data.get("events")))
        return "the result of a run" if told else ""

    def get_object(self) -> Run:
        """Return the run of the path. Raises NotFound, also for what is no id."""
        try:
            key = uuid.UUID(str(self.kwargs["pk"]))
        except ValueError:
            raise NotFound from None
        run: Run | None = self.get_queryset().filter(pk=key).first()
        if run is None:
            raise NotFound
        return run

    @extend_schema(summary="Read a run", parameters=[AFTER], responses=RunDetailSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        run = self._watched()
        body = dict(RunSerializer(run).data)
        if "after" in request.query_params:
            body["events"] = events_after(run.pk, _number(request.query_params["after"], "after"))
        return Response(body)

    @extend_schema(
        summary="Watch a run",
        description="Server-Sent Events, or lines of JSON if the client accepts application/x-ndjson. A client that "
        "lost the stream resumes it with the number of the last event it has, as Last-Event-ID or ?after=.",
        parameters=[
            AFTER,
            OpenApiParameter(
                "Last-Event-ID", str, OpenApiParameter.HEADER, description="The same, as browsers send it."
            ),
        ],
        responses={
            (200, "text/event-stream"): OpenApiTypes.STR,
            (200, "application/x-ndjson"): EventSerializer,
        },
    )
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def events(self, request: Request, pk: str) -> HttpResponseBase:
        run = self._watched()
        given = request.headers.get("Last-Event-ID") or request.query_params.get("after") or "0"
        after = _number(given, "after")
        ndjson = "application/x-ndjson" in request.headers.get("Accept", "")
        return run_stream(request._request, run, after=after, ndjson=ndjson)

    @extend_schema(summary="Cancel a run", request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        target = self.get_object()
        EmptySerializer(data=request.data).is_valid(raise_exception=True)
        run = cancel_run(target, actor=self.actor)
        return Response(RunSerializer(run).data)

    def _watched(self) -> Run:
        run = self.get_object()
        if run.status == RunStatus.QUEUED and run.created_at < timezone.now() - PATIENCE:
            get_executor().nudge(run.pk)
        return run


def _number(raw: object, name: str) -> int:
    text = str(raw).strip()
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise InvalidInput(errors={name: [_("A whole number from zero up is needed.")]})
    return int(text)

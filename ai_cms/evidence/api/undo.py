"""Acts of agents, listed and taken back, over REST."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.viewsets import ServiceViewSet

from ..models import Act
from ..undo.selection import Selection
from ..undo.service import undo_acts
from .serializers import ActSerializer, PlanSerializer, SelectionSerializer, UndoSerializer

__all__ = ["ActViewSet"]

_NAMES = ("run", "call", "token", "agent", "since", "until")


@extend_schema_view(
    list=extend_schema(
        summary="List what agents did",
        description="The newest first; one of run, call, token and agent, and since, until narrow the list.",
        parameters=[OpenApiParameter(name, str) for name in _NAMES],
        responses=ActSerializer(many=True),
    )
)
class ActViewSet(ServiceViewSet):
    """What programs and models did, for undoing."""

    queryset = Act.objects.all()
    serializer_class = ActSerializer
    filter_backends = ()
    idempotency_atomic = False
    required_scopes: ClassVar[dict[str, str]] = {"list": "read", "undo": "admin"}

    def list(self, request: Request) -> Response:
        rows = self.get_queryset().order_by("-pk")
        given = {name: value for name in _NAMES if (value := request.query_params.get(name))}
        if given:
            serializer = SelectionSerializer(data=given)
            serializer.is_valid(raise_exception=True)
            rows = rows.filter(Selection(**serializer.validated_data).condition())
        return self.get_paginated_response(ActSerializer(self.page_of(rows), many=True).data)

    @extend_schema(
        summary="Take back what an agent did",
        description=(
            "Reverts everything a run, a call, a token or an agent did since a time, as far as people have not worked on it "
            "since. Without dry_run=false only what would be done is told; send its digest as expected to have just that done."
        ),
        request=UndoSerializer,
        responses=PlanSerializer,
    )
    @action(detail=False, methods=["post"])
    def undo(self, request: Request) -> Response:
        values = dict(self.body(request, UndoSerializer))
        dry_run, expected = values.pop("dry_run"), values.pop("expected", "")
        plan = undo_acts(Selection(**values), actor=self.actor, dry_run=dry_run, expected=expected)
        return Response(plan.to_json())

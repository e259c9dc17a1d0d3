"""``/agents/``: one's own."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.openapi import extend_schema
from ai_cms.llm.tools.registry import available_tools

from .. import get_agent_model
from ..services import create_agent, default_agent, delete_agent, offered_tools, update_agent
from .base import ID, ChatViewSet
from .serializers import AgentSerializer, ToolSerializer

__all__ = ["AgentViewSet"]


@extend_schema_view(
    list=extend_schema(summary="List your agents", responses=AgentSerializer(many=True)),
    retrieve=extend_schema(summary="Read an agent", parameters=[ID], responses=AgentSerializer),
    create=extend_schema(summary="Create an agent", request=AgentSerializer, responses={201: AgentSerializer}),
    update=extend_schema(
        summary="Replace an agent", parameters=[ID], request=AgentSerializer, responses=AgentSerializer
    ),
    partial_update=extend_schema(
        summary="Change an agent", parameters=[ID], request=AgentSerializer, responses=AgentSerializer
    ),
    destroy=extend_schema(summary="Delete an agent", parameters=[ID], responses={204: None}),
)
class AgentViewSet(ChatViewSet):
    """Agents."""

    serializer_class = AgentSerializer
    idempotency_atomic = True
    ordering_fields = ("name", "created_at", "updated_at")

    def base_queryset(self) -> Any:
        return get_agent_model().objects.all()

    def list(self, request: Request) -> Response:
        return self.paged(self.filter_queryset(self.get_queryset()), AgentSerializer)

    def retrieve(self, request: Request, id: str) -> Response:
        return self.shown(AgentSerializer, self.found())

    def create(self, request: Request) -> Response:
        agent = create_agent(actor=self.actor, **self.values(AgentSerializer))
        return self.shown(AgentSerializer, agent, 201)

    def update(self, request: Request, id: str, **options: Any) -> Response:
        agent = self.found()
        values = self.values(AgentSerializer, **options)
        return self.shown(AgentSerializer, update_agent(agent, actor=self.actor, **values))

    def partial_update(self, request: Request, id: str) -> Response:
        return self.update(request, id, partial=True)

    def destroy(self, request: Request, id: str) -> Response:
        delete_agent(self.found(), actor=self.actor)
        return Response(status=204)

    @extend_schema(
        summary="Read your default agent", description="Made when it is first asked for.", responses=AgentSerializer
    )
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def default(self, request: Request) -> Response:
        return self.shown(AgentSerializer, default_agent(actor=self.actor))

    @extend_schema(summary="List the tools that agents may be given", responses=ToolSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None, filter_backends=[])
    def tools(self, request: Request) -> Response:
        found = available_tools(self.actor, offered_tools())
        return Response([{"name": item.name, "description": item.description, "risk": item.risk} for item in found])

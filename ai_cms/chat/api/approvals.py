"""``/approvals/``: what agents want to do and only a person may decide."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.openapi import extend_schema

from ..models import ApprovalStatus, ToolApproval
from ..services import decide
from .base import ID, ChatViewSet
from .serializers import ApprovalSerializer, DecisionSerializer

__all__ = ["ApprovalViewSet"]


class ApprovalFilter(filters.FilterSet):  # type: ignore[misc]
    """Approvals by what became of them."""

    status = filters.ChoiceFilter(choices=ApprovalStatus.choices)
    conversation = filters.UUIDFilter(field_name="message__conversation_id")


@extend_schema_view(
    list=extend_schema(summary="List what waits for your approval", responses=ApprovalSerializer(many=True)),
    retrieve=extend_schema(summary="Read an approval", parameters=[ID], responses=ApprovalSerializer),
)
class ApprovalViewSet(ChatViewSet):
    """Approvals."""

    serializer_class = ApprovalSerializer
    filterset_class = ApprovalFilter
    ordering_fields = ("created_at", "expires_at")

    def base_queryset(self) -> Any:
        return ToolApproval.objects.select_related("message")

    def list(self, request: Request) -> Response:
        return self.paged(self.filter_queryset(self.get_queryset()), ApprovalSerializer)

    def retrieve(self, request: Request, id: str) -> Response:
        return self.shown(ApprovalSerializer, self.found())

    @extend_schema(
        operation_id="approvals_decide",
        summary="Approve or refuse a call",
        description="By the person in whose name it is carried out, logged in; a token of a program decides nothing (403).",
        parameters=[ID],
        request=DecisionSerializer,
        responses=ApprovalSerializer,
    )
    @action(detail=True, methods=["post"], url_path="decide")
    def decide(self, request: Request, id: str) -> Response:
        approval = self.found()
        approved = self.values(DecisionSerializer)["approved"]
        return self.shown(ApprovalSerializer, decide(approval, approved=approved, actor=self.actor))

"""What programs asked a person to do, and what became of it. A person decides on a page of ours: no route does."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.exceptions import NotFound
from ai_cms.core.models import ApprovalStatus
from ai_cms.pages.models import PageAct, PageApproval

from ..services import approval_address
from .base import PagesViewSet
from .fields import UserIdField

__all__ = ["PageApprovalViewSet"]

ID = OpenApiParameter("id", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH)


class PageApprovalSerializer(serializers.Serializer[object]):
    """Something that a program asked a person to do to a page."""

    id = serializers.UUIDField(source="pk", read_only=True)
    page = serializers.IntegerField(source="page_id", read_only=True)
    act = serializers.ChoiceField(PageAct.choices, read_only=True)
    status = serializers.SerializerMethodField()
    base_version = serializers.IntegerField(read_only=True)
    asked_by = UserIdField(source="asked_by_id")
    agent = serializers.CharField(read_only=True)
    decided_by = UserIdField(source="decided_by_id")
    created_at = serializers.DateTimeField(read_only=True)
    expires_at = serializers.DateTimeField(read_only=True)
    decided_at = serializers.DateTimeField(read_only=True, allow_null=True)
    result = serializers.DictField(read_only=True)
    url = serializers.SerializerMethodField(help_text="Where a person decides.")

    def get_status(self, approval: PageApproval) -> str:
        waits = approval.status == ApprovalStatus.PENDING
        return ApprovalStatus.EXPIRED.value if waits and not approval.is_open else str(approval.status)

    def get_url(self, approval: PageApproval) -> str:
        return approval_address(approval)


@extend_schema_view(
    list=extend_schema(summary="List what waits for a person", responses=PageApprovalSerializer(many=True)),
    retrieve=extend_schema(
        summary="Read what became of something that was asked for", parameters=[ID], responses=PageApprovalSerializer
    ),
)
class PageApprovalViewSet(PagesViewSet):
    """Acts on pages that programs asked for; of the pages that the actor may read."""

    serializer_class = PageApprovalSerializer
    filter_backends = ()
    rights = {"list": "view", "retrieve": "view"}

    def base_queryset(self) -> QuerySet[PageApproval]:
        return PageApproval.objects.all()

    def list(self, request: Request) -> Response:
        found = self.paginate_queryset(self.get_queryset().order_by("-created_at", "-pk"))
        return self.get_paginated_response(PageApprovalSerializer(found, many=True).data)

    def retrieve(self, request: Request, id: str) -> Response:
        try:
            pk = serializers.UUIDField().to_internal_value(id)
        except serializers.ValidationError as error:
            raise NotFound from error
        found = self.get_queryset().filter(pk=pk).first()
        if found is None:
            raise NotFound
        return Response(PageApprovalSerializer(found).data)

"""Long work on the tree: how far it is, and how to stop it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.bodies import EmptySerializer
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.exceptions import NotFound
from ai_cms.core.permissions import get_policy

from ..models import TreeWork
from ..services import cancel_tree_work
from ..services.tree_work import go_on
from .base import PagesViewSet
from .serializers.work import TreeWorkSerializer

__all__ = ["TreeWorkViewSet"]

ID = OpenApiParameter("id", {"type": "string", "format": "uuid"}, OpenApiParameter.PATH)


@extend_schema_view(
    list=extend_schema(summary="List work on the tree", responses=TreeWorkSerializer(many=True)),
    retrieve=extend_schema(summary="Read how far work on the tree is", parameters=[ID], responses=TreeWorkSerializer),
)
class TreeWorkViewSet(PagesViewSet):
    """The work that the actor has asked for."""

    rights = {"list": "view", "retrieve": "view", "cancel": "cancel"}
    serializer_class = TreeWorkSerializer
    filter_backends = ()

    def base_queryset(self) -> QuerySet[TreeWork]:
        return TreeWork.objects.all()

    def list(self, request: Request) -> Response:
        found = self.paginate_queryset(self.get_queryset().order_by("-created_at", "-pk"))
        return self.get_paginated_response(TreeWorkSerializer(found, many=True).data)

    def retrieve(self, request: Request, id: str) -> Response:
        work = self._work()
        go_on(work)
        return Response(TreeWorkSerializer(work).data)

    @extend_schema(
        summary="Stop work on the tree",
        description="Before its next part. Of a copy what was made goes into the bin; what was published stays.",
        parameters=[ID],
        request=None,
        responses=TreeWorkSerializer,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: str) -> Response:
        work = self._work()
        self.body(request, EmptySerializer)
        return Response(TreeWorkSerializer(cancel_tree_work(work)).data)

    def _work(self) -> TreeWork:
        try:
            pk = UUID(str(self.kwargs["id"]))
        except ValueError:
            raise NotFound from None
        work: TreeWork | None = self.get_queryset().filter(pk=pk).first()
        if work is None:
            raise NotFound
        get_policy(TreeWork).require(self.actor, self.right, work)
        return work

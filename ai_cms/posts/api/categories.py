"""``/categories/``: read by everybody, written by staff and editors."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.permissions import HasScope, IsAuthenticated
from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.core.mappings import CleanedData
from ai_cms.pages.api.base import PagesViewSet
from ai_cms.posts import get_category_model
from ai_cms.posts.services import create_category, delete_category, update_category

from ..taxonomy import AbstractCategory
from .serializers import CategorySerializer, CategoryWriteSerializer

__all__ = ["CategoryViewSet"]

SLUG = OpenApiParameter("slug", str, OpenApiParameter.PATH)


@extend_schema_view(
    list=extend_schema(
        summary="List categories",
        description="All of them in one array, by name.",
        responses=CategorySerializer(many=True),
    ),
    retrieve=extend_schema(summary="Read a category", parameters=[SLUG], responses=CategorySerializer),
    create=extend_schema(
        summary="Create a category", request=CategoryWriteSerializer, responses={201: CategorySerializer}
    ),
    update=extend_schema(
        summary="Replace a category", parameters=[SLUG], request=CategoryWriteSerializer, responses=CategorySerializer
    ),
    partial_update=extend_schema(
        summary="Change a category", parameters=[SLUG], request=CategoryWriteSerializer, responses=CategorySerializer
    ),
    destroy=extend_schema(
        summary="Delete a category",
        description="Its posts stay, without it; the categories below it move up.",
        parameters=[SLUG],
        responses={204: None},
    ),
)
class CategoryViewSet(PagesViewSet):
    """Categories."""

    public = True
    serializer_class = CategorySerializer
    filter_backends = ()
    pagination_class = None
    lookup_url_kwarg = "slug"
    rights = {
        "list": "view",
        "retrieve": "view",
        "create": "add",
        "update": "change",
        "partial_update": "change",
        "destroy": "delete",
    }

    def get_permissions(self) -> list[BasePermission]:
        reading = self.action in ("list", "retrieve")
        return super().get_permissions() if reading else [IsAuthenticated(), HasScope()]

    def base_queryset(self) -> QuerySet[AbstractCategory]:
        return get_category_model()._default_manager.order_by("name", "pk")

    def list(self, request: Request) -> Response:
        return Response(CategorySerializer(self.get_queryset(), many=True).data)

    def retrieve(self, request: Request, slug: str) -> Response:
        return Response(CategorySerializer(self.category()).data)

    def create(self, request: Request) -> Response:
        self.require(self.right)
        values = self.body(request, CategoryWriteSerializer)
        made = create_category(actor=self.actor, **self.with_parent(values))
        location = reverse("ai_cms_api:category-detail", kwargs={"slug": made.slug})
        return Response(CategorySerializer(made).data, status=201, headers={"Location": location})

    def update(self, request: Request, slug: str) -> Response:
        return self._write(request)

    def partial_update(self, request: Request, slug: str) -> Response:
        return self._write(request, partial=True)

    def destroy(self, request: Request, slug: str) -> Response:
        delete_category(self.category(), actor=self.actor)
        return Response(status=204)

    def _write(self, request: Request, **options: object) -> Response:
        category = self.category()
        values = self.with_parent(self.body(request, CategoryWriteSerializer, **options))
        return Response(CategorySerializer(update_category(category, actor=self.actor, fields=values)).data)

    def category(self) -> AbstractCategory:
        """Return the category named in the path. Raises NotFound, PermissionRefused."""
        found: AbstractCategory | None = self.get_queryset().filter(slug=self.kwargs["slug"]).first()
        if found is None:
            raise NotFound
        self.require(self.right, found)
        return found

    def with_parent(self, values: CleanedData) -> CleanedData:
        """Return the values with the category above in place of its id. Raises InvalidInput."""
        if values.get("parent") is None:
            return values
        found: AbstractCategory | None = self.get_queryset().filter(pk=values["parent"]).first()
        if found is None:
            raise InvalidInput(errors={"parent": [_("There is no such category.")]})
        return {**values, "parent": found}

"""Templates, and pages made of them."""

from __future__ import annotations

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.decorators import action
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.filters import OrderingFilter, SearchFilter
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.versions import expected_version, set_version
from ai_cms.core.exceptions import NotFound
from ai_cms.pages import get_template_model
from ai_cms.pages.exceptions import PageStale
from ai_cms.pages.services import instantiate_template, make_template, save_template

from ..models import AbstractTemplate
from .base import PagesViewSet, as_id, created
from .pages import draft_fields
from .serializers.pages import PageSerializer
from .serializers.templates import (
    FromPageSerializer,
    InstantiateSerializer,
    TemplateSerializer,
    TemplateSummarySerializer,
    TemplateWriteSerializer,
)

__all__ = ["TemplateViewSet"]

ID = OpenApiParameter("id", int, OpenApiParameter.PATH)


@extend_schema_view(
    list=extend_schema(summary="List templates", responses=TemplateSummarySerializer(many=True)),
    retrieve=extend_schema(summary="Read a template", parameters=[ID], responses=TemplateSerializer),
    create=extend_schema(
        summary="Create a template", request=TemplateWriteSerializer, responses={201: TemplateSerializer}
    ),
    update=extend_schema(
        summary="Replace a template", parameters=[ID], request=TemplateWriteSerializer, responses=TemplateSerializer
    ),
    partial_update=extend_schema(
        summary="Change a template", parameters=[ID], request=TemplateWriteSerializer, responses=TemplateSerializer
    ),
    destroy=extend_schema(
        summary="Delete a template",
        description="Pages made from it stay as they are.",
        parameters=[ID],
        responses={204: None},
    ),
)
class TemplateViewSet(PagesViewSet):
    """Templates: documents to start pages from."""

    serializer_class = TemplateSerializer
    filter_backends: tuple[type[BaseFilterBackend], ...] = (SearchFilter, OrderingFilter)
    search_fields = ("name", "description")
    ordering_fields = ("name", "created_at", "updated_at")
    rights = {
        "list": "view",
        "retrieve": "view",
        "create": "add",
        "update": "change",
        "partial_update": "change",
        "destroy": "delete",
        "instantiate": "view",
        "from_page": "add",
    }
    versioned = frozenset({"update", "partial_update", "destroy"})

    def base_queryset(self) -> QuerySet[AbstractTemplate]:
        return get_template_model()._default_manager.order_by("name")

    def list(self, request: Request) -> Response:
        found = self.paginate_queryset(self.filter_queryset(self.get_queryset().defer("layout_json")))
        return self.get_paginated_response(TemplateSummarySerializer(found, many=True).data)

    def retrieve(self, request: Request, id: str) -> Response:
        return self._answer(self._template())

    def create(self, request: Request) -> Response:
        self.require(self.right)
        template = save_template(None, actor=self.actor, values=self.body(request, TemplateWriteSerializer))
        return created(self._answer(template), "template-detail", template.pk)

    def update(self, request: Request, id: str) -> Response:
        return self._write(request)

    def partial_update(self, request: Request, id: str) -> Response:
        return self._write(request, partial=True)

    def destroy(self, request: Request, id: str) -> Response:
        template = self._template()
        expected = expected_version(request)
        rows = get_template_model()._base_manager.filter(pk=template.pk)
        gone, _counts = (rows if expected is None else rows.filter(version=expected)).delete()
        if not gone and expected is not None:
            raise PageStale(current_version=rows.values_list("version", flat=True).first())
        return Response(status=204)

    @extend_schema(
        summary="Create a page from a template",
        parameters=[ID],
        request=InstantiateSerializer,
        responses={201: PageSerializer},
    )
    @action(detail=True, methods=["post"])
    def instantiate(self, request: Request, id: str) -> Response:
        template = self._template()
        values = self.body(request, InstantiateSerializer)
        page = instantiate_template(
            template,
            actor=self.actor,
            parent=self.parent_in(values),
            title=values["title"],
            slug=values.get("slug", ""),
            fields=draft_fields({"fields": values.get("fields", {})}),
            position=values["position"],
            publish=values["publish"],
        )
        return created(self.page_answer(page), "page-detail", page.pk)

    @extend_schema(
        summary="Create a template from a page",
        request=FromPageSerializer,
        responses={201: TemplateSerializer},
    )
    @action(detail=False, methods=["post"], url_path="from-page")
    def from_page(self, request: Request) -> Response:
        self.require(self.right)
        values = self.body(request, FromPageSerializer)
        page = self.page_named("page", values["page"])
        template = make_template(page, actor=self.actor, name=values["name"], description=values.get("description", ""))
        return created(self._answer(template), "template-detail", template.pk)

    def _template(self) -> AbstractTemplate:
        found: AbstractTemplate | None = self.get_queryset().filter(pk=as_id(self.kwargs["id"])).first()
        if found is None:
            raise NotFound
        self.require(self.right, found)
        return found

    def _write(self, request: Request, **options: object) -> Response:
        template = self._template()
        values = self.body(request, TemplateWriteSerializer, **options)
        return self._answer(
            save_template(template, actor=self.actor, values=values, expected_version=expected_version(request))
        )

    def _answer(self, template: AbstractTemplate) -> Response:
        response = Response(TemplateSerializer(template).data)
        set_version(response, template.version)
        return response

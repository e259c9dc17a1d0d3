"""``/portfolios/``: one's own, drafts included; ``/public/portfolios/``: what is published, for everybody."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.filters import DjangoFilterBackend, OrderingFilter, SearchFilter
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.renderers import JSONRenderer
from ai_cms.core.api.versions import expected_version, set_version
from ai_cms.core.exceptions import NotFound
from ai_cms.core.mappings import CleanedData
from ai_cms.core.strictjson import is_clean_text
from ai_cms.pages.api.content import PublicContentView
from ai_cms.pages.api.publications import etag_of
from ai_cms.pages.conf import pages_settings
from ai_cms.pages.models import AbstractPage
from ai_cms.portfolio import get_portfolio_model
from ai_cms.portfolio.models import Goal
from ai_cms.portfolio.readers import find_portfolio, public_json
from ai_cms.portfolio.services import create_portfolio, delete_portfolio, update_portfolio

from .base import PortfolioBaseViewSet
from .serializers import (
    PortfolioSerializer,
    PortfolioSummarySerializer,
    PortfolioWriteSerializer,
    PublicPortfolioSerializer,
)

__all__ = ["PortfolioViewSet", "PublicPortfolioView"]

ID = OpenApiParameter("id", int, OpenApiParameter.PATH)


class PortfolioFilter(filters.FilterSet):  # type: ignore[misc]
    """Lists by what a portfolio is for and whether the public sees it."""

    goal = filters.ChoiceFilter(choices=Goal.choices)
    is_published = filters.BooleanFilter(field_name="published_version", lookup_expr="isnull", exclude=True)
    is_guided = filters.BooleanFilter()


@extend_schema_view(
    list=extend_schema(
        summary="List portfolios",
        description="Your own, the newest first; staff see all they may edit. Without their pages.",
        responses=PortfolioSummarySerializer(many=True),
    ),
    retrieve=extend_schema(summary="Read a portfolio", parameters=[ID], responses=PortfolioSerializer),
    create=extend_schema(
        summary="Create a portfolio", request=PortfolioWriteSerializer, responses={201: PortfolioSerializer}
    ),
    update=extend_schema(
        summary="Replace a portfolio",
        description="Pages that are not given are none.",
        parameters=[ID],
        request=PortfolioWriteSerializer,
        responses=PortfolioSerializer,
    ),
    partial_update=extend_schema(
        summary="Change a portfolio",
        description="is_published publishes it or takes it off the public site.",
        parameters=[ID],
        request=PortfolioWriteSerializer,
        responses=PortfolioSerializer,
    ),
    destroy=extend_schema(
        summary="Delete a portfolio",
        description="It goes to the bin; /pages/{id}/restore/ brings it back.",
        parameters=[ID],
        responses={204: None},
    ),
)
class PortfolioViewSet(PortfolioBaseViewSet):
    """Portfolios as their owners see them."""

    serializer_class = PortfolioSerializer
    filter_backends = (DjangoFilterBackend, SearchFilter, OrderingFilter)
    filterset_class = PortfolioFilter
    search_fields = ("title", "slug", "role")
    ordering_fields = ("created_at", "updated_at", "title")
    versioned = frozenset({"update", "partial_update", "destroy"})

    def base_queryset(self) -> Any:
        rows = get_portfolio_model().objects.non_polymorphic().order_by("-created_at", "-pk")
        return rows.defer("content_json", "metadata") if self.action == "list" else rows.select_related("publication")

    def list(self, request: Request) -> Response:
        found = self.page_of(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(PortfolioSummarySerializer(found, many=True).data)

    def retrieve(self, request: Request, id: str) -> Response:
        return self._answer(self.found())

    def create(self, request: Request) -> Response:
        self.require("add")
        values = self.body(request, PortfolioWriteSerializer)
        portfolio = create_portfolio(actor=self.actor, **values)
        made = self._answer(portfolio)
        response = self.created(made.data, "portfolio-detail", portfolio.pk)
        set_version(response, portfolio.version)
        return response

    def update(self, request: Request, id: str) -> Response:
        portfolio = self.found()
        values = {"pages": [], **self.body(request, PortfolioWriteSerializer)}
        return self._written(portfolio, request, values)

    def partial_update(self, request: Request, id: str) -> Response:
        portfolio = self.found()
        return self._written(portfolio, request, self.body(request, PortfolioWriteSerializer, partial=True))

    def destroy(self, request: Request, id: str) -> Response:
        delete_portfolio(self.found(), actor=self.actor, expected_version=expected_version(request))
        return Response(status=204)

    def _written(self, portfolio: AbstractPage, request: Request, values: CleanedData) -> Response:
        update_portfolio(portfolio, actor=self.actor, expected_version=expected_version(request), **values)
        return self._answer(portfolio)

    def _answer(self, portfolio: AbstractPage) -> Response:
        fresh = get_portfolio_model().objects.non_polymorphic().select_related("publication").get(pk=portfolio.pk)
        response = Response(PortfolioSerializer(fresh).data)
        set_version(response, fresh.version)
        return response


class PublicPortfolioView(PublicContentView):
    """A published portfolio by its slug."""

    @extend_schema(
        operation_id="public_portfolio_retrieve",
        summary="Read a published portfolio",
        description="One row, finished. A draft answers as what does not exist.",
        parameters=[OpenApiParameter("slug", str, OpenApiParameter.PATH)],
        responses=PublicPortfolioSerializer,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        return self.answer(request._request, slug=slug)

    def answer(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        slug = kwargs["slug"]
        publication = find_portfolio(slug) if is_clean_text(slug) and len(slug) <= 100 else None
        if publication is None:
            raise NotFound
        etag = etag_of(publication.pk, publication.version, publication.revision, publication.modified_at)
        modified = int(publication.modified_at.timestamp())
        early = get_conditional_response(request, etag=etag, last_modified=modified)
        if early is not None and early.status_code == 304:
            response: HttpResponse = HttpResponseNotModified()
        else:
            response = HttpResponse(JSONRenderer().render(public_json(publication)), content_type="application/json")
        seconds = pages_settings.PUBLIC_CACHE_SECONDS
        response["ETag"] = etag
        response["Last-Modified"] = http_date(modified)
        response["Cache-Control"] = f"public, max-age={seconds}" if seconds else "public, no-cache"
        return response

"""Dossiers, acceptances and the report of authorship over REST."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.pagination import PageNumberPagination
from ai_cms.core.api.viewsets import ServiceView
from ai_cms.core.exceptions import NotFound
from ai_cms.core.permissions import get_policy, policy_for
from ai_cms.pages import get_page_model
from ai_cms.pages.models import AbstractPage

from ..acceptances import accept_published
from ..authorship import ReportFilter, authored_rows, authorship_summary, row_of
from ..dossiers import acceptance_record, page_dossier
from ..reading import waiting_of
from ..seals import is_sealed
from .serializers import (
    AcceptanceSerializer,
    AnswerSerializer,
    AuthoredSerializer,
    DossierSerializer,
    ReportQuerySerializer,
    SummarySerializer,
    VerdictSerializer,
    VerifySerializer,
    WaitingSerializer,
)

__all__ = ["AuthorshipSummaryView", "AuthorshipView", "DossierView", "VerifyView", "WaitingView"]

ID = OpenApiParameter("id", int, OpenApiParameter.PATH)


class _PageView(ServiceView):
    def page(self, raw: str) -> AbstractPage:
        """Return a page that the actor may read. Raises NotFound, the same for a missing one."""
        if not (raw.isascii() and raw.isdecimal()) or len(raw) > 18:
            raise NotFound
        model = get_page_model()
        page: AbstractPage | None = get_policy(model).visible(self.actor, model.objects.filter(pk=int(raw))).first()
        if page is None:
            raise NotFound
        policy_for(page).require(self.actor, "view", page)
        return page


class DossierView(_PageView):
    """How each block of a page came to be."""

    @extend_schema(
        summary="Read the evidence of a page",
        description="How each block came to be, who answers for it and having been shown what; signed. draft=true: of the draft.",
        parameters=[ID, OpenApiParameter("draft", bool)],
        responses=DossierSerializer,
    )
    def get(self, request: Request, id: str) -> Response:
        draft = serializers.BooleanField().to_internal_value(request.query_params.get("draft", "false"))
        return Response(page_dossier(self.page(id), actor=self.actor, draft=bool(draft)))


class WaitingView(_PageView):
    """What of a public page nobody answers for."""

    required_scopes: ClassVar[dict[str, str]] = {"GET": "read", "POST": "write"}

    @extend_schema(
        summary="Read what nobody answers for",
        description="What models wrote on the published page and no person has accepted.",
        parameters=[ID],
        responses=WaitingSerializer,
    )
    def get(self, request: Request, id: str) -> Response:
        return Response(waiting_of(self.page(id)))

    @extend_schema(
        summary="Answer for what a model wrote",
        description="For persons: tokens are refused. 409 where it is another text than was looked at.",
        parameters=[ID],
        request=AnswerSerializer,
        responses=AcceptanceSerializer,
    )
    def post(self, request: Request, id: str) -> Response:
        serializer = AnswerSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values: Any = serializer.validated_data
        acceptance = accept_published(
            self.page(id), actor=self.actor, shown=values["shown"], blocks=values.get("blocks")
        )
        return Response(acceptance_record(acceptance))


class VerifyView(ServiceView):
    """Whether a record is one of this site's."""

    @extend_schema(
        summary="Verify a record of evidence",
        description="Whether it was signed by this site and is unchanged.",
        request=VerifySerializer,
        responses=VerdictSerializer,
    )
    def post(self, request: Request) -> Response:
        serializer = VerifySerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return Response({"valid": is_sealed(serializer.validated_data["record"])})


def _filter(request: Request) -> ReportFilter:
    given = {name: value for name, value in request.query_params.items() if name in ReportFilter.__dataclass_fields__}
    serializer = ReportQuerySerializer(data=given)
    serializer.is_valid(raise_exception=True)
    return ReportFilter(**serializer.validated_data)


_FILTERS = [
    OpenApiParameter("site", int),
    OpenApiParameter("below", int, description="Key of a page; it and what is below it."),
    OpenApiParameter("model", str),
    OpenApiParameter("person", str, description="Key of who answers for it."),
    OpenApiParameter("since", str, description="Written from then on."),
    OpenApiParameter("unreviewed", bool, description="Only what nobody answers for."),
]


class AuthorshipView(ServiceView):
    """What models wrote, block by block."""

    @extend_schema(
        summary="List what models wrote",
        description="Public blocks by models on pages that the actor may read, and who answers for each.",
        parameters=_FILTERS,
        responses=AuthoredSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        paginator = PageNumberPagination()
        rows = paginator.paginate_queryset(authored_rows(_filter(request), actor=self.actor), request, view=self)
        return paginator.get_paginated_response([row_of(row) for row in rows or []])


class AuthorshipSummaryView(ServiceView):
    """What models wrote, in figures."""

    @extend_schema(
        summary="Read the shares of models",
        description="Blocks by source and by model, and the share that nobody answers for.",
        parameters=_FILTERS,
        responses=SummarySerializer,
    )
    def get(self, request: Request) -> Response:
        return Response(authorship_summary(_filter(request), actor=self.actor))

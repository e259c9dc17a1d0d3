"""The history of a page."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.blocks.documents.diff import diff_documents
from ai_cms.core.api.bodies import EmptySerializer
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.versions import expected_version
from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.pages.models import AbstractPage, Revision
from ai_cms.pages.services import restore_revision, suggest_restore
from ai_cms.pages.snapshots import take_snapshot

from ..changes import block_changes, field_changes
from .base import PagesViewSet, as_id
from .messages import required
from .page_filters import id_parameter
from .serializers.pages import PageSerializer
from .serializers.revisions import ComparisonSerializer, RevisionSerializer, RevisionSummarySerializer

__all__ = ["RevisionViewSet"]

ID = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The page.")
NUMBER = OpenApiParameter("number", int, OpenApiParameter.PATH, description="The revision's number.")


@extend_schema_view(
    list=extend_schema(
        summary="List a page's revisions", parameters=[ID], responses=RevisionSummarySerializer(many=True)
    ),
    retrieve=extend_schema(summary="Read a revision", parameters=[ID, NUMBER], responses=RevisionSerializer),
)
class RevisionViewSet(PagesViewSet):
    """Revisions of one page; whoever may read the page may read them."""

    serializer_class = RevisionSerializer
    filter_backends = ()
    versioned = frozenset({"restore"})

    def base_queryset(self) -> QuerySet[Revision]:
        return Revision.objects.all()

    proposable = frozenset({"restore"})
    rights = {"list": "view", "retrieve": "view", "restore": "change", "compare": "view"}

    def list(self, request: Request, id: str) -> Response:
        rows = self._rows(self.page()).defer("content_json", "fields")
        found = self.paginate_queryset(rows)
        return self.get_paginated_response(RevisionSummarySerializer(found, many=True).data)

    def retrieve(self, request: Request, id: str, number: str) -> Response:
        return Response(RevisionSerializer(self._revision(self.page(), as_id(number))).data)

    @extend_schema(
        summary="Make the draft what a revision was",
        description="The present draft stays in the history.",
        parameters=[ID, NUMBER],
        request=None,
        responses=PageSerializer,
    )
    def restore(self, request: Request, id: str, number: str) -> Response:
        page = self.page()
        self.body(request, EmptySerializer)
        if self.proposes:
            expected = expected_version(request)
            return self.proposed(suggest_restore(page, as_id(number), actor=self.actor, expected_version=expected))
        page = restore_revision(page, as_id(number), actor=self.actor, expected_version=expected_version(request))
        return self.page_answer(page)

    @extend_schema(
        summary="Compare two revisions",
        parameters=[
            ID,
            OpenApiParameter("from", int, required=True, description="The number of the older revision."),
            OpenApiParameter("to", int, description="The number of the newer one; default: the present draft."),
        ],
        responses=ComparisonSerializer,
    )
    def compare(self, request: Request, id: str) -> Response:
        page = self.page()
        first, second = (id_parameter(request.query_params, name) for name in ("from", "to"))
        if first is None:
            raise InvalidInput(errors={"from": [required()]})
        old = self._named(page, "from", first)
        new = None if second is None else self._named(page, "to", second)
        document = page.content_json if new is None else new.content_json
        operations = [operation.to_json() for operation in diff_documents(old.content_json, document)]
        return Response(
            {
                "from_revision": old.number,
                "to_revision": None if new is None else new.number,
                "operations": operations,
                "blocks": block_changes(old.content_json, operations),
                "fields": field_changes(old.snapshot, take_snapshot(page) if new is None else new.snapshot),
            }
        )

    def _rows(self, page: AbstractPage) -> QuerySet[Revision]:
        return Revision.objects.filter(page_id=page.pk).select_related("author").order_by("-number")

    def _revision(self, page: AbstractPage, number: int) -> Revision:
        row = self._rows(page).filter(number=number).first()
        if row is None:
            raise NotFound
        return row

    def _named(self, page: AbstractPage, field: str, number: int) -> Revision:
        try:
            return self._revision(page, number)
        except NotFound as error:
            raise InvalidInput(errors={field: [_("There is no such revision.")]}) from error

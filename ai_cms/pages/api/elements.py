"""Elements: the blocks of working documents as rows, each write an operation on its page's document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.blocks.documents.document import Document
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.pagination import PageNumberPagination
from ai_cms.core.api.versions import expected_version, set_version
from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.core.mappings import CleanedData
from ai_cms.pages.models import AbstractPage, Element
from ai_cms.pages.services import apply_page_operations, suggest_operations

from ...core.jsontypes import JsonMapping, JsonObject
from ..services.drafts import DraftEdit
from .base import PagesViewSet, as_id, created
from .page_filters import id_parameter
from .serializers.elements import (
    ElementCreateSerializer,
    ElementReplaceSerializer,
    ElementSerializer,
    ElementUpdateSerializer,
)

__all__ = ["ElementViewSet"]

ID = OpenApiParameter("id", int, OpenApiParameter.PATH)


class ElementPagination(PageNumberPagination):
    """``page`` names the page whose elements are wanted, so the page of the list has another name."""

    page_query_param = "page_number"


@extend_schema_view(
    list=extend_schema(
        summary="List elements",
        description="Answers which pages use a block, by type; of one page by page.",
        parameters=[
            OpenApiParameter("page", int, description="Only the elements of this page."),
            OpenApiParameter("type", str, description="Only blocks of this type."),
            OpenApiParameter("uid", str, description="Only the block with this id."),
            OpenApiParameter("parent_uid", str, description="Only what stands directly in this block."),
        ],
        responses=ElementSerializer(many=True),
    ),
    retrieve=extend_schema(summary="Read an element", parameters=[ID], responses=ElementSerializer),
    create=extend_schema(summary="Insert a block", request=ElementCreateSerializer, responses={201: ElementSerializer}),
    update=extend_schema(
        summary="Replace a block's props",
        parameters=[ID],
        request=ElementReplaceSerializer,
        responses=ElementSerializer,
    ),
    partial_update=extend_schema(
        summary="Change or move a block", parameters=[ID], request=ElementUpdateSerializer, responses=ElementSerializer
    ),
    destroy=extend_schema(
        summary="Remove a block", description="With all that is inside it.", parameters=[ID], responses={204: None}
    ),
)
class ElementViewSet(PagesViewSet):
    """The blocks of the pages the actor may read."""

    serializer_class = ElementSerializer
    filter_backends = ()
    pagination_class = ElementPagination
    #: Asked of the page that the block is on.
    rights = {
        "list": "view",
        "retrieve": "view",
        "create": "change",
        "update": "change",
        "partial_update": "change",
        "destroy": "change",
    }
    proposable = frozenset({"create", "update", "partial_update", "destroy"})
    versioned = frozenset({"create", "update", "partial_update", "destroy"})

    def base_queryset(self) -> QuerySet[Element]:
        return Element.objects.annotate(page_version=F("page__version")).order_by("page_id", "depth", "order", "pk")

    def list(self, request: Request) -> Response:
        rows = self.get_queryset()
        page = id_parameter(request.query_params, "page")
        if page is not None:
            rows = rows.filter(page_id=page)
        for name in ("type", "uid", "parent_uid"):
            if name in request.query_params:
                rows = rows.filter(**{name: request.query_params[name]})
        found = self.paginate_queryset(rows)
        return self.get_paginated_response(ElementSerializer(found, many=True).data)

    def retrieve(self, request: Request, id: str) -> Response:
        return self._answer(self._element())

    def create(self, request: Request) -> Response:
        values = self.body(request, ElementCreateSerializer)
        page = self.page_named("page", values["page"])
        self.require_page(self.right, page)
        block = {"type": values["type"], "props": values.get("props", {})}
        operation = {"op": "insert", "block": block, **self._place(page, values, None)}
        if self.proposes:
            return self._suggest(page, [operation])
        applied = self._apply(page, [operation])
        uid = applied.operations[0]["block"]["id"]
        element = self.base_queryset().get(page_id=page.pk, uid=uid)
        return created(self._answer(element), "element-detail", element.pk)

    def update(self, request: Request, id: str) -> Response:
        return self._write(request, ElementReplaceSerializer, replace=True)

    def partial_update(self, request: Request, id: str) -> Response:
        return self._write(request, ElementUpdateSerializer, partial=True)

    def destroy(self, request: Request, id: str) -> Response:
        element = self._element()
        page, operations = self._page_of(element), [{"op": "remove", "id": element.uid}]
        if self.proposes:
            return self._suggest(page, operations)
        self._apply(page, operations)
        return Response(status=204)

    def _write(self, request: Request, shape: Any, *, replace: bool = False, **options: Any) -> Response:
        element = self._element()
        page = self._page_of(element)
        values = self.body(request, shape, **options)
        operations: list[JsonMapping] = []
        if "props" in values:
            operations.append({"op": "update", "id": element.uid, "props": values["props"], "replace": replace})
        if values.keys() & {"parent_uid", "after", "order"}:
            values.setdefault("parent_uid", element.parent_uid)
            operations.append({"op": "move", "id": element.uid, **self._place(page, values, element.uid)})
        if self.proposes:
            return self._suggest(page, operations)
        if operations:
            self._apply(page, operations)
        return self._answer(self.base_queryset().get(pk=element.pk))

    def _place(self, page: AbstractPage, values: CleanedData, moved: str | None) -> JsonObject:
        """Return where an operation puts the block; ``moved``: its id if it is on the page already."""
        place: JsonObject = {"parent": values["parent_uid"]} if values.get("parent_uid") else {}
        if "after" in values and "order" in values:
            raise InvalidInput(errors={"order": [_("Give after or order, not both.")]})
        if "after" in values:
            return {**place, "after": values["after"]}
        if "order" not in values:
            return place
        document: Document = page.content_json
        parent = document.find(values["parent_uid"]) if values.get("parent_uid") else None
        siblings = document.blocks if not place else (parent or {}).get("children") or []
        ids = [block["id"] for block in siblings if block["id"] != moved]
        order = min(values["order"], len(ids))
        return {**place, "after": ids[order - 1] if order else None}

    def _apply(self, page: AbstractPage, operations: Sequence[JsonMapping]) -> DraftEdit:
        # Places are counted in the page as it was read, so that is what the operations are made for.
        expected = expected_version(self.request)
        base = page.version if expected is None else expected
        return apply_page_operations(
            page, operations, actor=self.actor, base_version=base, strict_version=expected is not None
        )

    def _suggest(self, page: AbstractPage, operations: Sequence[JsonMapping]) -> Response:
        expected = expected_version(self.request)
        base = page.version if expected is None else expected
        strict = expected is not None
        return self.proposed(
            suggest_operations(page, operations, actor=self.actor, base_version=base, strict_version=strict)
        )

    def _element(self) -> Element:
        found: Element | None = self.get_queryset().filter(pk=as_id(self.kwargs["id"])).first()
        if found is None:
            raise NotFound
        return found

    def _page_of(self, element: Element) -> AbstractPage:
        page: AbstractPage | None = self.visible_pages().filter(pk=element.page_id).order_by().first()
        if page is None:
            raise NotFound
        self.require_page(self.right, page)
        return page

    def _answer(self, element: Any) -> Response:
        response = Response(ElementSerializer(element).data)
        set_version(response, element.page_version)
        return response

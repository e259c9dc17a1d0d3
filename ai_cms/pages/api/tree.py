"""The tree of pages, level by level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.pagination import PageNumberPagination
from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.pages import get_page_model

from ...core.jsontypes import JsonObject
from ..models import AbstractPage
from ..querysets import PageQuerySet
from .base import PagesViewSet
from .page_filters import id_parameter
from .serializers.pages import PageSummarySerializer

__all__ = ["TreeViewSet"]

MAX_DEPTH = 5
#: Below this many nodes in one answer further levels are nested; what is left is fetched node by node.
MAX_NODES = 1_000

NODE_FIELDS = frozenset(
    (
        "id",
        "type",
        "title",
        "slug",
        "path",
        "url",
        "parent",
        "status",
        "live",
        "version",
        "in_menus",
        "locale",
        "has_children",
        "children",
    )
)


class TreeNodeSerializer(PageSummarySerializer):
    """A page in the tree."""

    has_children = serializers.BooleanField(read_only=True)
    children = serializers.SerializerMethodField(help_text="Null where it was not asked for: fetch it by parent.")

    def get_fields(self) -> dict[str, Any]:
        return {name: field for name, field in super().get_fields().items() if name in NODE_FIELDS}

    @extend_schema_field(
        {"type": ["array", "null"], "items": {"$ref": "#/components/schemas/TreeNode"}},
    )
    def get_children(self, page: AbstractPage) -> list[JsonObject] | None:
        below: dict[int, list[AbstractPage]] | None = self.context.get("below")
        if below is None or page.pk not in below:
            return None
        return [self.to_representation(child) for child in below[page.pk]]


class TreePagination(PageNumberPagination):
    """More nodes at once than a list has, since a level is mostly wanted whole."""

    page_size = 100
    page_size_query_description = "How many nodes: 100 unless told, at most 100."


class TreeViewSet(PagesViewSet):
    """The pages the actor may read, as a tree."""

    serializer_class = TreeNodeSerializer
    filter_backends = ()
    pagination_class = TreePagination

    rights = {"list": "view"}

    def base_queryset(self) -> PageQuerySet:
        pages: PageQuerySet = get_page_model().objects.all()
        return pages

    @extend_schema(
        operation_id="pages_tree",
        summary="Read the tree",
        description=(
            "The children of a page in order; without parent the pages at the top of what the actor may read. "
            "Nodes say whether there is more below them."
        ),
        parameters=[
            OpenApiParameter("parent", int, description="The page whose children are wanted."),
            OpenApiParameter(
                "depth",
                {"type": "integer", "minimum": 1, "maximum": MAX_DEPTH, "default": 1},
                description="How many levels; deeper ones are nested in children.",
            ),
        ],
        responses=TreeNodeSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        rows = self._rows()
        parent = id_parameter(request.query_params, "parent")
        if parent is not None:
            if not self.visible_pages().filter(pk=parent).exists():
                raise NotFound
            level = rows.filter(parent_id=parent)
        else:
            level = rows.exclude(parent_id__in=self.visible_pages().order_by().values("pk"))
        found = self.paginate_queryset(level) or []
        below = self._below(rows, found, self._depth(request))
        return self.get_paginated_response(TreeNodeSerializer(found, many=True, context={"below": below}).data)

    def _rows(self) -> PageQuerySet:
        visible: PageQuerySet = self.visible_pages().non_polymorphic()
        children = self.visible_pages().non_polymorphic().order_by().filter(parent_id=OuterRef("pk"))
        visible = visible.defer("content_json").annotate(has_children=Exists(children)).order_by("tree_id", "lft")
        return visible

    def _depth(self, request: Request) -> int:
        raw = request.query_params.get("depth") or "1"
        if not (raw.isascii() and raw.isdecimal()) or len(raw) > 2 or not 1 <= int(raw) <= MAX_DEPTH:
            raise InvalidInput(errors={"depth": [_("Between 1 and %(limit)d.") % {"limit": MAX_DEPTH}]})
        return int(raw)

    def _below(self, rows: PageQuerySet, nodes: Sequence[Any], depth: int) -> dict[int, Any]:
        """Return the children of the nodes, and theirs down to ``depth``, by the parent's id: one query a level."""
        below: dict[int, Any] = {}
        count = len(nodes)
        for _level in range(depth - 1):
            parents = [node.pk for node in nodes if node.has_children]
            nodes = list(rows.filter(parent_id__in=parents)[: MAX_NODES - count + 1]) if parents else []
            count += len(nodes)
            if count > MAX_NODES:
                break
            below |= {pk: [] for pk in parents}
            for node in nodes:
                below[node.parent_id].append(node)
        return below

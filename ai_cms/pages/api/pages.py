"""Create, read, change and delete pages."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.versions import expected_version
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.mappings import CleanedData, Columns
from ai_cms.core.permissions import get_policy
from ai_cms.pages import get_page_model, get_template_model
from ai_cms.pages.services import create_page, delete_page, instantiate_template, suggest_update, update_page

from ..exceptions import TreeTooLarge
from ..models import AbstractTemplate, PageAct
from ..querysets import PageQuerySet
from .base import PagesViewSet, created
from .page_actions import LONG, PageActions
from .page_filters import LIST_PARAMETERS, filter_pages, flag
from .serializers.pages import (
    PageCreateSerializer,
    PageReplaceSerializer,
    PageSerializer,
    PageSummarySerializer,
    PageUpdateSerializer,
)
from .serializers.work import TreeWorkSerializer

__all__ = ["PageViewSet"]

#: What a body may set of the page itself; the fields of the page type come under ``fields``.
DRAFT_FIELDS = ("title", "metadata", "seo_title", "seo_description", "in_menus", "locale")
ID = OpenApiParameter("id", int, OpenApiParameter.PATH)


def draft_fields(values: CleanedData) -> Columns:
    """Return the fields to write, those of the page type first, so that none of them passes for one of the page."""
    own = values.get("fields", {})
    clash = sorted(set(own) & {*DRAFT_FIELDS, "slug", "content_json"})
    if clash:
        raise InvalidInput(errors={"fields": [_("%(name)s is no field of a page type.") % {"name": clash[0]}]})
    return {**own, **{name: values[name] for name in DRAFT_FIELDS if name in values}}


@extend_schema_view(
    list=extend_schema(
        summary="List pages",
        description="The pages the actor may read, without their documents, in the order of the tree.",
        parameters=LIST_PARAMETERS,
        responses=PageSummarySerializer(many=True),
    ),
    retrieve=extend_schema(summary="Read a page's draft", parameters=[ID], responses=PageSerializer),
    create=extend_schema(summary="Create a page", request=PageCreateSerializer, responses={201: PageSerializer}),
    update=extend_schema(
        summary="Replace a page's draft", parameters=[ID], request=PageReplaceSerializer, responses=PageSerializer
    ),
    partial_update=extend_schema(
        summary="Change a page's draft", parameters=[ID], request=PageUpdateSerializer, responses=PageSerializer
    ),
    destroy=extend_schema(
        summary="Put a page into the bin",
        description=f"With everything below it. /pages/{{id}}/restore/ brings it back. {LONG}",
        parameters=[ID],
        responses={204: None, 202: TreeWorkSerializer},
    ),
)
class PageViewSet(PageActions, PagesViewSet):
    """Pages as the people and programs that edit them see them."""

    serializer_class = PageSerializer
    filter_backends = ()
    versioned = frozenset(
        {
            "update",
            "partial_update",
            "destroy",
            "operations",
            "move",
            "copy",
            "reorder",
            "publish",
            "unpublish",
            "schedule",
            "restore",
            "purge",
        }
    )
    rights = {
        **PageActions.rights,
        "list": "view",
        "retrieve": "view",
        "create": "add",
        "update": "change",
        "partial_update": "change",
        "destroy": "delete",
    }
    proposable = frozenset({"create", "update", "partial_update", "destroy", "operations", "publish", "unpublish"})
    required_scopes = {"publish": "publish", "unpublish": "publish", "schedule": "publish", "purge": "admin"}

    def base_queryset(self) -> PageQuerySet:
        pages: PageQuerySet = get_page_model().objects.all()
        return pages

    def list(self, request: Request) -> Response:
        in_bin = flag(request.query_params, "deleted")
        rows = self.visible_pages(deleted=in_bin).non_polymorphic().defer("content_json")
        found = self.paginate_queryset(filter_pages(rows, request.query_params, self.actor))
        return self.get_paginated_response(PageSummarySerializer(found, many=True).data)

    def retrieve(self, request: Request, id: str) -> Response:
        return self.page_answer(self.page())

    def create(self, request: Request) -> Response:
        self.require(self.right)
        values = self.body(request, PageCreateSerializer)
        if self.proposes:
            return self._ask_for_new(values)
        common: dict[str, Any] = {
            "actor": self.actor,
            "parent": self.parent_in(values),
            "title": values["title"],
            "slug": values.get("slug", ""),
            "fields": {name: value for name, value in draft_fields(values).items() if name != "title"},
            "position": values["position"],
            "publish": values["publish"],
        }
        template = self._template(values.get("template"))
        if template is not None and "content_json" not in values:
            if values.get("type"):
                common["page_type"] = values["type"]
            page = instantiate_template(template, **common)
        else:
            page = create_page(
                page_type=values.get("type"), content=values.get("content_json"), template=template, **common
            )
        return created(self.page_answer(page), "page-detail", page.pk)

    def update(self, request: Request, id: str) -> Response:
        return self._write(request, PageReplaceSerializer)

    def partial_update(self, request: Request, id: str) -> Response:
        return self._write(request, PageUpdateSerializer, partial=True)

    def destroy(self, request: Request, id: str) -> Response:
        page, expected = self.page(), expected_version(request)
        if self.proposes:
            return self.asked(page, PageAct.DELETE)
        try:
            delete_page(page, actor=self.actor, expected_version=expected)
        except TreeTooLarge:
            return self.later("delete", page, expected_version=expected)
        return Response(status=204)

    def _write(self, request: Request, shape: type[PageUpdateSerializer], **options: object) -> Response:
        page = self.page()
        values = self.body(request, shape, **options)
        if "parent" in values and values["parent"] != page.parent_id:
            raise InvalidInput(errors={"parent": [_("Move the page by /pages/{id}/move/.")]})
        if self.proposes:
            if values.get("slug") and values["slug"] != page.slug:
                raise InvalidInput(errors={"slug": [_("Another slug cannot be proposed; leave it out.")]})
            suggested = suggest_update(
                page,
                actor=self.actor,
                fields=draft_fields(values),
                content=values.get("content_json"),
                expected_version=expected_version(request),
                title=values.get("message", "")[:255],
            )
            return self.proposed(suggested)
        page = update_page(
            page,
            actor=self.actor,
            fields=draft_fields(values),
            content=values.get("content_json"),
            slug=values.get("slug") or None,
            expected_version=expected_version(request),
            message=values.get("message", ""),
            **({"kind": values["kind"]} if "kind" in values else {}),
        )
        return self.page_answer(page)

    def _ask_for_new(self, values: CleanedData) -> Response:
        """Ask for a new page. Raises InvalidInput for what it cannot be asked for with."""
        beyond = {
            "template",
            "metadata",
            "seo_title",
            "seo_description",
            "in_menus",
            "locale",
            "fields",
        } & values.keys()
        if beyond or values["publish"]:
            field = sorted(beyond)[0] if beyond else "publish"
            message = _("A token that may only propose asks for a draft of title, slug, type and content_json.")
            raise InvalidInput(errors={field: [message]})
        arguments = {
            "title": values["title"],
            "slug": values.get("slug", ""),
            "type": values.get("type", ""),
            "content": values.get("content_json") or [],
        }
        return self.asked(self.parent_in(values), PageAct.CREATE, arguments)

    def _template(self, pk: int | None) -> AbstractTemplate | None:
        if pk is None:
            return None
        model = get_template_model()
        found: AbstractTemplate | None = (
            get_policy(model).visible(self.actor, model._default_manager.all()).filter(pk=pk).first()
        )
        if found is None:
            raise InvalidInput(errors={"template": [_("There is no such template.")]})
        return found

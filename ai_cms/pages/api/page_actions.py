"""What can be done to a page beside writing it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.bodies import EmptySerializer
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.versions import expected_version, set_version
from ai_cms.core.exceptions import Conflict, InvalidInput
from ai_cms.pages.services import (
    apply_page_operations,
    copy_page,
    make_preview_link,
    move_page,
    publish_page,
    purge_page,
    reorder_pages,
    restore_page,
    revoke_preview_links,
    schedule_page,
    suggest_operations,
    unpublish_page,
)

from ..exceptions import TreeTooLarge
from ..models import AbstractPage, PageAct
from .base import PagesViewSet, as_id, created
from .messages import required
from .serializers.actions import (
    AppliedSerializer,
    CopySerializer,
    MoveSerializer,
    OperationsSerializer,
    OrderSerializer,
    PreviewLinkRequestSerializer,
    PreviewLinkSerializer,
    PublishSerializer,
    RestoreSerializer,
    ScheduleSerializer,
)
from .serializers.pages import PageSerializer
from .serializers.work import TreeWorkSerializer

__all__ = ["PageActions"]

F = TypeVar("F", bound=Callable[..., Any])
ID = OpenApiParameter("id", int, OpenApiParameter.PATH)
LONG = "Of very many pages a run is made: 202, and the Location says where to read how far it is."


def documented(summary: str, **options: object) -> Callable[[F], F]:
    """Describe an action on one page in the schema."""

    def decorate(target: F) -> F:
        return extend_schema(summary=summary, parameters=[ID], **{"responses": PageSerializer, **options})(target)

    return decorate


class PageActions(PagesViewSet):
    """The actions of :class:`~ai_cms.pages.api.pages.PageViewSet`."""

    rights: ClassVar[Mapping[str, str]] = {
        "operations": "change",
        "move": "change",
        "reorder": "change",
        "copy": "view",
        "publish": "publish",
        "unpublish": "publish",
        "schedule": "publish",
        "restore": "restore",
        "purge": "purge",
        "preview_link": "change",
        "revoke_preview_link": "change",
    }

    @documented(
        "Apply operations to a page's document",
        description=(
            "All or nothing. With base_version older than the page's, the batch is applied all the same where no block "
            "it touches has changed; If-Match allows the present version alone. What is refused is kept as a revision."
        ),
        request=OperationsSerializer,
        responses=AppliedSerializer,
    )
    @action(detail=True, methods=["post"])
    def operations(self, request: Request, id: str) -> Response:
        page = self.page()
        values = self.body(request, OperationsSerializer)
        strict = expected_version(request)
        if self.proposes:
            suggested = suggest_operations(
                page,
                values["operations"],
                actor=self.actor,
                base_version=strict if strict is not None else values.get("base_version"),
                strict_version=strict is not None,
                title=values.get("message", "")[:255],
            )
            return self.proposed(suggested)
        applied = apply_page_operations(
            page,
            values["operations"],
            actor=self.actor,
            base_version=strict if strict is not None else values.get("base_version"),
            strict_version=strict is not None,
            message=values.get("message", ""),
            **({"kind": values["kind"]} if "kind" in values else {}),
        )
        data = {
            **PageSerializer(applied.page).data,
            "operations": applied.operations,
            "inverse": applied.inverse,
            "rebased": applied.rebased,
        }
        response = Response(data)
        set_version(response, applied.page.version)
        return response

    @documented(
        "Move a page with everything below it",
        description=LONG,
        request=MoveSerializer,
        responses={200: PageSerializer, 202: TreeWorkSerializer},
    )
    @action(detail=True, methods=["post"])
    def move(self, request: Request, id: str) -> Response:
        page = self.page()
        values = self.body(request, MoveSerializer)
        field = "parent" if "parent" in values else "target"
        target = self.page_named(field, values[field])
        options = {
            "position": values["position"],
            "slug": values.get("slug", ""),
            "expected_version": expected_version(request),
        }
        try:
            moved = move_page(page, target, actor=self.actor, **options)
        except TreeTooLarge:
            return self.later("move", page, target=target, **options)
        return self.page_answer(moved)

    @documented("Order the children of a page", request=OrderSerializer, responses=OrderSerializer)
    @action(detail=True, methods=["post"])
    def reorder(self, request: Request, id: str) -> Response:
        page = self.page()
        values = self.body(request, OrderSerializer)
        reorder_pages(page, values["order"], actor=self.actor, expected_version=expected_version(request))
        children = self.visible_pages().non_polymorphic().filter(parent_id=page.pk).order_by("lft")
        return Response({"order": list(children.values_list("pk", flat=True))})

    @documented(
        "Copy a page",
        description=f"The copies are drafts. Everything copied must be visible to the actor. {LONG}",
        request=CopySerializer,
        responses={201: PageSerializer, 202: TreeWorkSerializer},
    )
    @action(detail=True, methods=["post"])
    def copy(self, request: Request, id: str) -> Response:
        page = self.page()
        values = self.body(request, CopySerializer)
        if "parent" in values and "target" in values:
            raise InvalidInput(errors={"target": [_("Give either parent or target.")]})
        field = "target" if "target" in values else "parent"
        target_id = values.get(field, page.parent_id)
        if target_id is None:
            raise InvalidInput(errors={"parent": [required()]})
        target = self.page_named(field, target_id)
        options = {
            "position": values["position"],
            "slug": values.get("slug", ""),
            "title": values.get("title", ""),
            "expected_version": expected_version(request),
        }
        try:
            twin = copy_page(page, target, actor=self.actor, recursive=values["recursive"], **options)
        except TreeTooLarge:
            return self.later("copy", page, target=target, **options)
        return created(self.page_answer(twin), "page-detail", twin.pk)

    @documented(
        "Publish a page",
        description=(
            "Refused, with the errors by path, while the draft has errors. With recursive every draft below that was changed is "
            "published too, one by one; the answer is 202."
        ),
        request=PublishSerializer,
        responses={200: PageSerializer, 202: TreeWorkSerializer},
    )
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, id: str) -> Response:
        page = self.page()
        values = self.body(request, PublishSerializer)
        if self.proposes:
            if values.get("recursive") or values.get("revision") is not None:
                field = "recursive" if values.get("recursive") else "revision"
                raise InvalidInput(errors={field: [_("A token that may only propose asks for one draft at a time.")]})
            return self.asked(page, PageAct.PUBLISH)
        if values.get("recursive"):
            if values.get("revision") is not None:
                raise InvalidInput(errors={"revision": [_("Of the pages below, the drafts are published.")]})
            return self.later("publish", page)
        publish_page(
            page, actor=self.actor, expected_version=expected_version(request), revision=values.get("revision")
        )
        return self.page_answer(self.refreshed(page))

    @documented("Take a page off the public site", request=None)
    @action(detail=True, methods=["post"])
    def unpublish(self, request: Request, id: str) -> Response:
        page = self.page()
        self.body(request, EmptySerializer)
        if self.proposes:
            return self.asked(page, PageAct.UNPUBLISH)
        expected = expected_version(request)
        return self.page_answer(unpublish_page(page, actor=self.actor, expected_version=expected))

    @documented(
        "Publish a page later, take it off later",
        description="The draft is kept as it is now. The body is the whole schedule: a time null or absent is none.",
        request=ScheduleSerializer,
    )
    @action(detail=True, methods=["post"])
    def schedule(self, request: Request, id: str) -> Response:
        page = self.page()
        values = self.body(request, ScheduleSerializer)
        page = schedule_page(
            page,
            actor=self.actor,
            go_live_at=values.get("go_live_at"),
            expire_at=values.get("expire_at"),
            expected_version=expected_version(request),
        )
        return self.page_answer(page)

    @documented(
        "Bring a page back from the bin",
        description=f"With what was deleted together with it, publications included. {LONG}",
        request=RestoreSerializer,
        responses={200: PageSerializer, 202: TreeWorkSerializer},
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, id: str) -> Response:
        page = self._in_bin()
        values = self.body(request, RestoreSerializer)
        options = {"slug": values.get("slug", ""), "expected_version": expected_version(request)}
        try:
            return self.page_answer(restore_page(page, actor=self.actor, **options))
        except TreeTooLarge:
            return self.later("restore", page, **options)

    @documented("Delete a page in the bin for good", request=None, responses={204: None})
    @action(detail=True, methods=["post"])
    def purge(self, request: Request, id: str) -> Response:
        page = self._in_bin()
        self.body(request, EmptySerializer)
        purge_page(page, actor=self.actor, expected_version=expected_version(request))
        return Response(status=204)

    @documented(
        "Make a preview link",
        request=PreviewLinkRequestSerializer,
        responses={201: PreviewLinkSerializer},
    )
    @action(detail=True, methods=["post"], url_path="preview-link")
    def preview_link(self, request: Request, id: str) -> Response:
        page = self.page()
        values = self.body(request, PreviewLinkRequestSerializer)
        link, token = make_preview_link(page, actor=self.actor, max_age=values.get("max_age"))
        try:
            url = request.build_absolute_uri(reverse("ai_cms_pages:preview-link", kwargs={"token": token}))
        except NoReverseMatch:
            url = None
        response = Response({"id": link.pk, "token": token, "url": url, "expires_at": link.expires_at}, status=201)
        # Whoever reads the records of idempotent requests must not read drafts by them.
        response.holds_secret = True  # type: ignore[attr-defined]
        return response

    @documented("Revoke all preview links of a page", request=None, responses={204: None})
    @preview_link.mapping.delete
    def revoke_preview_link(self, request: Request, id: str) -> Response:
        revoke_preview_links(self.page(), actor=self.actor)
        return Response(status=204)

    def _in_bin(self) -> AbstractPage:
        """Return the deleted page named in the path. Raises Conflict for one that is not deleted, NotFound."""
        if self.visible_pages().filter(pk=as_id(self.kwargs["id"])).exists():
            raise Conflict(_("The page is not in the bin."), code="not_deleted")
        return self.page(deleted=True)

"""What the viewsets of pages have in common."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.versions import expected_version, set_version
from ai_cms.core.api.viewsets import ServiceViewSet
from ai_cms.core.exceptions import InvalidInput, NotFound, PermissionRefused
from ai_cms.core.permissions import get_policy
from ai_cms.pages import get_page_model
from ai_cms.pages.exceptions import PageStale

from ..current_site import site_of
from .messages import no_such_page, required
from .serializers.pages import PageSerializer

__all__ = ["PagesViewSet", "as_id", "created"]


def as_id(raw: Any) -> int:
    """Return the number in a path. Raises NotFound for what is none."""
    text = str(raw)
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise NotFound
    return int(text)


def created(response: Response, route: str, pk: int) -> Response:
    """Make ``response`` a 201 that says where the new object is."""
    response.status_code = 201
    response["Location"] = reverse(f"ai_cms_api:{route}", kwargs={"id": pk})
    return response


class PagesViewSet(ServiceViewSet):
    """Look pages up as the actor sees them, and answer with one."""

    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"

    def visible_pages(self, *, deleted: bool = False) -> Any:
        """Return the pages that the actor may read: those that are not in the bin, or those that are."""
        model = get_page_model()
        rows = model.all_objects.deleted() if deleted else model.objects.all()
        return get_policy(model).visible(self.actor, rows)

    def page(self, *, deleted: bool = False) -> Any:
        """Return the page named in the path. Raises NotFound."""
        page = self.visible_pages(deleted=deleted).filter(pk=as_id(self.kwargs["id"])).order_by().first()
        if page is None:
            raise NotFound
        return page

    def page_for_write(self, *, deleted: bool = False) -> Any:
        """Return the page named in the path. Raises NotFound, PageStale when ``If-Match`` names another version."""
        page = self.page(deleted=deleted)
        expected = expected_version(self.request)
        if expected is not None and expected != page.version:
            raise PageStale(current_version=page.version)
        return page

    def page_named(self, field: str, pk: int) -> Any:
        """Return the page with an id from the body. Raises InvalidInput, the same for a hidden as for a missing one."""
        page = self.visible_pages().filter(pk=pk).order_by().first()
        if page is None:
            raise InvalidInput(errors={field: [no_such_page()]})
        return page

    def parent_in(self, values: dict[str, Any]) -> Any:
        """Return the page named ``parent`` in the body, by default the home page of the site."""
        return self.page_named("parent", values["parent"]) if "parent" in values else self._home()

    def _home(self) -> Any:
        """Return the home page of the site. Raises PermissionRefused where the actor may not see it."""
        site = site_of(self.request)
        if site is None or site.root_id is None:
            raise InvalidInput(errors={"parent": [required()]})
        home = self.visible_pages().filter(pk=site.root_id).order_by().first()
        if home is None:
            # That a site has a home page is no secret, so this is a refusal, not a riddle.
            raise PermissionRefused
        return home

    def require_page(self, action: str, page: Any) -> None:
        """Raise NotFound or PermissionRefused unless the actor may do ``action`` to a page."""
        get_policy(get_page_model()).require(self.actor, action, page)

    def refreshed(self, page: models.Model) -> Any:
        """Return the page as the database has it now."""
        return get_page_model().all_objects.get(pk=page.pk)

    def page_answer(self, page: Any, status: int = 200) -> Response:
        """Answer with a page, its version as the ETag."""
        response = Response(PageSerializer(page).data, status=status)
        set_version(response, page.version)
        return response

    def body(self, request: Request, serializer_class: Any, **options: Any) -> dict[str, Any]:
        """Return the validated body. Raises REST framework's ValidationError."""
        serializer = serializer_class(data=request.data, **options)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

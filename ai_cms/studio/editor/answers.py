"""What all of the editor's addresses have in common: who may, which page, JSON in and out."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.utils.translation import gettext as _

from ai_cms.core.api.errors import refusal_for
from ai_cms.core.exceptions import InvalidInput, NotFound, PermissionRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import get_policy
from ai_cms.core.strictjson import loads
from ai_cms.pages import get_page_model
from ai_cms.pages.models import AbstractPage

from ..access import StudioView

__all__ = ["EditorView", "HtmlView", "JsonView"]

_IF_MATCH = re.compile(r'(?:W/)?"v?(\d{1,9})"', re.ASCII)


class EditorView(StudioView):
    """A view of one page. ``right``: what the actor must be allowed on it; ``deleted``: whether it may be in the bin."""

    right: ClassVar[str] = "change"
    deleted: ClassVar[bool] = False

    def page(self) -> AbstractPage:
        """Return the page. Raises NotFound for what the actor may not see, PermissionRefused."""
        model = get_page_model()
        policy = get_policy(model)
        manager = model.all_objects if self.deleted else model.objects
        page: AbstractPage | None = policy.visible(self.actor, manager.filter(pk=self.kwargs["pk"])).first()
        if page is None:
            raise NotFound
        policy.require(self.actor, self.right, page)
        return page

    def can(self, action: str, page: AbstractPage) -> bool:
        """Return whether the actor may do ``action`` to the page."""
        return get_policy(type(page)).can(self.actor, action, page)


class HtmlView(EditorView):
    """A view that a person looks at: what is refused is one of Django's own error pages."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except NotFound as error:
            raise Http404 from error
        except PermissionRefused as error:
            raise PermissionDenied from error


class JsonView(EditorView):
    """A view that answers with JSON, its refusals too: a script reads them, and a person's text stays where it is."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except Exception as error:
            refusal = NotFound() if isinstance(error, Http404) else refusal_for(error)
            if refusal is None:
                raise
        response = JsonResponse(refusal.body(), status=refusal.status_code)
        if refusal.retry_after is not None:
            response["Retry-After"] = str(refusal.retry_after)
        return response

    def handle_no_permission(self) -> HttpResponse:  # type: ignore[override]
        """Answer 401, not with a redirect to a page that a script cannot read."""
        words = _("You have been logged out. Your text is still here.")
        login = resolve_url(settings.LOGIN_URL)
        return JsonResponse({"detail": words, "code": "logged_out", "login": login}, status=401)

    def body(self) -> JsonObject:
        """Return the request's JSON object. Raises InvalidInput, TooLarge."""
        value = loads(self.request.body)
        if not isinstance(value, dict):
            raise InvalidInput(_("The body is a JSON object."))
        return value

    def expected_version(self) -> int:
        """Return the version that ``If-Match`` names. Raises InvalidInput: no write here is unconditional."""
        match = _IF_MATCH.fullmatch(self.request.headers.get("If-Match", "").strip())
        if match is None:
            raise InvalidInput(
                _('If-Match must name the version that was read, such as "v12".'), code="invalid_if_match"
            )
        return int(match[1])

    def answer(self, data: JsonObject, *, version: int | None = None, status: int = 200) -> JsonResponse:
        """Return an answer, with the page's version as its ETag."""
        response = JsonResponse(data, status=status)
        if version is not None:
            response["ETag"] = f'"v{version}"'
        return response

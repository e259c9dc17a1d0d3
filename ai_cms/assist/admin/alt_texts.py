"""The run over all pictures without an alternative text: started, watched and stopped on the queue of the assets' admin."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from ai_cms.assets import get_asset_model
from ai_cms.assist.alt_texts import HANDLER, start_alt_texts, state_of
from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.llm.models import Run
from ai_cms.llm.runs.services import cancel_run

from .writing import WritingRunAdmin

__all__ = ["AltTextAdmin"]


class AltTextAdmin(WritingRunAdmin):
    """The admin of writing runs where there are assets."""

    def get_urls(self) -> list[URLPattern]:
        def route(pattern: str, view: Any, name: str) -> URLPattern:
            wrapped: Any = transaction.non_atomic_requests(self.admin_site.admin_view(never_cache(view)))
            made: URLPattern = path(pattern, wrapped, name=f"{self.opts.app_label}_{self.opts.model_name}_{name}")
            return made

        return [
            route("alt-texts/", require_POST(self.start_alt_texts), "alt_texts"),
            route("alt-texts/<uuid:run_id>/state/", require_GET(self.alt_texts_state), "alt_texts_state"),
            route("alt-texts/<uuid:run_id>/cancel/", require_POST(self.cancel_alt_texts), "alt_texts_cancel"),
            *super().get_urls(),
        ]

    def start_alt_texts(self, request: HttpRequest) -> HttpResponse:
        """Start a run over the queue, or go on watching the one there is."""
        try:
            start_alt_texts(Actor.from_request(request), again=request.POST.get("again") == "1")
        except PermissionRefused as error:
            raise PermissionDenied from error
        except RequestRefused as error:
            self.message_user(request, str(error.detail), messages.ERROR)
        return self._queue()

    def alt_texts_state(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Answer how far a run is."""
        return JsonResponse(state_of(self._alt_text_run(request, run_id)))

    def cancel_alt_texts(self, request: HttpRequest, run_id: UUID) -> HttpResponse:
        """Stop a run; what it has proposed stays, and the next one goes on from there."""
        try:
            cancel_run(self._alt_text_run(request, run_id), actor=Actor.from_request(request))
        except (NotFound, PermissionRefused) as error:
            raise PermissionDenied from error
        self.message_user(request, _("The work is being stopped."), messages.SUCCESS)
        return self._queue()

    def _alt_text_run(self, request: HttpRequest, run_id: UUID) -> Run:
        rows = Run.objects.filter(handler=HANDLER, pk=run_id)
        found: Run | None = get_policy(Run).visible(Actor.from_request(request), rows).first()
        if found is None:
            raise Http404
        return found

    def _queue(self) -> HttpResponseRedirect:
        meta = get_asset_model()._meta
        return HttpResponseRedirect(reverse(f"{self.admin_site.name}:{meta.app_label}_{meta.model_name}_queue"))

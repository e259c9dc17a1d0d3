"""Who may enter the studio, asked by every view of it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.generic import View

from ai_cms.core.exceptions import NotFound, PermissionRefused
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.pages import get_page_model

from .frame import refused, wants_json
from .links import login_url

__all__ = ["StudioView", "may_enter"]


def may_enter(actor: Actor) -> bool:
    """Return whether ``actor`` has work in the studio: may add or change pages somewhere."""
    policy = get_policy(get_page_model())
    return actor.is_authenticated and (policy.can(actor, "add") or policy.can(actor, "change"))


@method_decorator([never_cache, csrf_protect], name="dispatch")
class StudioView(LoginRequiredMixin, View):
    """A page of the studio: for people who are logged in and may edit, never cached.

    What is not there, or not for them, is told in the studio's frame, or as JSON where the client asks for it.
    """

    actor: Actor

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            if wants_json(request):
                # A script keeps what was typed and has the person log in, in place of following a redirect.
                body = {"detail": _("You are not logged in any more."), "code": "not_authenticated"}
                return JsonResponse({**body, "login": login_url(request)}, status=401)
            return self.handle_no_permission()
        self.actor = Actor.from_request(request)
        if not may_enter(self.actor):
            return refused(request, 403, None)
        try:
            return super().dispatch(request, *args, **kwargs)
        except (NotFound, Http404):
            return refused(request, 404, self.actor)
        except PermissionRefused as error:
            return refused(request, 403, self.actor, str(error.detail))
        except PermissionDenied:
            return refused(request, 403, self.actor)

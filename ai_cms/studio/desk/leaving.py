"""Log out, and the style sheet of the host's colours."""

from __future__ import annotations

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from ..brand import brand_sheet
from ..links import link
from .base import DeskView

__all__ = ["LeaveView", "brand_view"]


class LeaveView(DeskView):
    """Log out; the next page asks to log in again."""

    def post(self, request: HttpRequest) -> HttpResponse:
        logout(request)
        return HttpResponseRedirect(link("home"))


@require_safe
@cache_control(public=True, max_age=31_536_000, immutable=True)
def brand_view(request: HttpRequest) -> HttpResponse:
    """Answer with the host's colours; the address changes with them."""
    return HttpResponse(brand_sheet(), content_type="text/css; charset=utf-8")

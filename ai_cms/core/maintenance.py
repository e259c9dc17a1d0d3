"""Whether the site is under maintenance, and what clients are told then or while the database is away."""

from __future__ import annotations

from typing import Literal

from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string

from .conf import core_settings
from .exceptions import Unavailable
from .flags import MAINTENANCE, flag_enabled

__all__ = ["MAINTENANCE_BODY", "Form", "json_answer", "maintenance_answer", "maintenance_enabled", "unavailable_answer"]

#: What a client reads: a program JSON, a browser a page, everything else a line.
Form = Literal["json", "page", "text"]

#: Clients look for exactly these keys; they are part of the interface.
MAINTENANCE_BODY = {
    "detail": "The site is under maintenance. Please try again later.",
    "key": "MAINTENANCE_MODE",
    "CODE": "MAT503",
}


def maintenance_enabled() -> bool:
    """Return whether the setting or the runtime switch is on."""
    return core_settings.MAINTENANCE or flag_enabled(MAINTENANCE)


def json_answer() -> HttpResponse:
    """Return the answer for API clients."""
    return _as_503(JsonResponse(MAINTENANCE_BODY))


def maintenance_answer(form: Form) -> HttpResponse:
    """Return the answer during maintenance."""
    if form == "json":
        return json_answer()
    if form == "text":
        return _as_503(_line(MAINTENANCE_BODY["detail"]))
    # Without the request: context processors may ask the database, which may be what is being maintained.
    minutes = -(-core_settings.MAINTENANCE_RETRY_AFTER // 60)
    return _as_503(HttpResponse(render_to_string("ai_cms/maintenance.html", {"minutes": minutes})))


def unavailable_answer(refusal: Unavailable, form: Form) -> HttpResponse:
    """Return the answer while the database is busy or away, which asks no database."""
    if form == "json":
        response: HttpResponse = JsonResponse(refusal.body())
    elif form == "text":
        response = _line(refusal.detail)
    else:
        busy = refusal.code == "database_busy"
        response = HttpResponse(render_to_string("ai_cms/unavailable.html", {"busy": busy, "code": refusal.code}))
    return _as_503(response, refusal.retry_after)


def _line(text: object) -> HttpResponse:
    return HttpResponse(f"{text}\n", content_type="text/plain; charset=utf-8")


def _as_503(response: HttpResponse, retry_after: int | None = None) -> HttpResponse:
    response.status_code = 503
    response["Retry-After"] = str(core_settings.MAINTENANCE_RETRY_AFTER if retry_after is None else retry_after)
    response["Cache-Control"] = "no-store"
    return response

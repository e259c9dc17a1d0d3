"""What stands around every page of the studio: the brand, the menu, who is logged in, what was just done."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor
from ai_cms.core.users import public_name

from .brand import brand_of
from .links import admin_url, came_from, link
from .mentions import initials
from .registry import Room, discover, rooms

__all__ = ["NOTICE", "framed", "notices_of", "refused", "wants_json"]

#: Begins the tags of a message that can be undone; the token follows.
NOTICE = "undo:"


def wants_json(request: HttpRequest) -> bool:
    """Return whether a script asks, not a person's browser."""
    return "application/json" in request.headers.get("Accept", "")


def framed(request: HttpRequest, actor: Actor | None, room: str = "", **context: Any) -> TemplateContext:
    """Return what a template of the studio needs beside its own. ``actor``: ``None`` for whoever may not enter."""
    discover()
    menu = []
    if actor is not None:
        for name, entry in rooms.items():
            if entry.allowed(actor) and (url := _url_of(entry)):
                menu.append({"name": name, "title": entry.title, "icon": entry.icon, "url": url, "here": name == room})
    user: Any = request.user
    name = public_name(user) if user.is_authenticated else ""
    return {
        "brand": brand_of(request),
        "menu": menu,
        "person": {"name": name, "initials": initials(name), "staff": bool(getattr(user, "is_staff", False))},
        "admin_url": admin_url() if getattr(user, "is_staff", False) else "",
        "site_url": _site_url(),
        "notices": notices_of(request),
        **context,
    }


def notices_of(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what was just done, each with its ``text``, its ``tone`` and the ``undo`` token, "" for none."""
    found = []
    for message in messages.get_messages(request):
        tags = str(message.extra_tags or "")
        tone = "bad" if message.level >= messages.WARNING else "good"
        undo = tags.removeprefix(NOTICE) if tags.startswith(NOTICE) else ""
        found.append({"text": str(message.message), "tone": tone, "undo": undo})
    return found


def refused(request: HttpRequest, status: int, actor: Actor | None, detail: str = "") -> HttpResponse:
    """Answer that something is not there (404) or not for this person (403), and where to go on; JSON for scripts."""
    if status == 404:
        title, reason = _("Not found"), _("It is not there (any more), or not for you to see.")
    else:
        title, reason = _("Not allowed"), detail or _("You are logged in, but you may not do this.")
    if wants_json(request):
        return JsonResponse({"detail": reason}, status=status)
    back = came_from(request, link("home")) if actor is not None else ""
    if back == request.get_full_path():
        back = link("home")
    context = framed(request, actor, title=title, reason=reason, back=back)
    response = render(request, "ai_cms/studio/refused.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def _url_of(room: Room) -> str:
    if room.url.startswith("/"):
        return room.url
    try:
        return reverse(room.url)
    except NoReverseMatch:
        return ""


def _site_url() -> str:
    try:
        return reverse("ai_cms_pages:page", args=[""])
    except NoReverseMatch:
        return "/"

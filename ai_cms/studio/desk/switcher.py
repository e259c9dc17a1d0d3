"""The quick switcher: pages, what other apps have, and actions, by a few letters; and the same as a page without script."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.core.permissions import Actor, get_policy
from ai_cms.pages import get_page_model
from ai_cms.pages.models import Revision
from ai_cms.pages.rows import search_pages, short, visible_pages

from ..frame import framed, wants_json
from ..links import edit_url, link
from ..registry import Finder, Found, discover, finders
from .base import DeskView

__all__ = ["SwitchView", "register_actions", "register_finders"]

#: Hits of one group.
HITS = 7


class SwitchView(DeskView):
    """Find anything: JSON to the switcher, ``{"groups": [{"label", "items": [{"title", "url", "detail", "icon"}]}]}``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        discover()
        words = request.GET.get("q", "").replace("\x00", "")[:100].strip()
        groups = []
        for _name, finder in finders.items():
            if finder.allowed(self.actor) and (items := finder.find(request, words, HITS)):
                groups.append({"label": str(finder.label), "items": [_item(found) for found in items]})
        if wants_json(request):
            return JsonResponse({"groups": groups})
        return self.show("switch.html", _("Find"), groups=groups, words=words)


def _item(found: Found) -> dict[str, str]:
    return {"title": found.title, "url": found.url, "detail": found.detail, "icon": found.icon}


def pages(request: HttpRequest, words: str, limit: int) -> list[Found]:
    """Return pages by title and path; without words those that the person changed last."""
    if not words:
        return []
    rows: Any = search_pages(request, words)
    # What begins like the words before what has them somewhere.
    first = list(rows.filter(title__istartswith=words).order_by("title", "pk")[:limit])
    others = rows.exclude(pk__in=[page.pk for page in first])[: limit - len(first)] if len(first) < limit else []
    return [Found(short(page.title), edit_url(page.pk), page.path) for page in [*first, *others]]


def recent(request: HttpRequest, words: str, limit: int) -> list[Found]:
    """Return the pages that the person changed last, while nothing is searched for."""
    if words:
        return []
    mine = Revision.objects.filter(page_id=OuterRef("pk"), author=request.user.pk)
    rows = visible_pages(request).non_polymorphic().filter(Q(owner=request.user.pk) | Exists(mine))
    rows = rows.defer("content_json", "metadata").order_by("-updated_at", "-pk")
    return [Found(short(page.title), edit_url(page.pk), page.path, "history") for page in rows[:limit]]


def actions(request: HttpRequest, words: str, limit: int) -> list[Found]:
    """Return the rooms of the menu and what can be begun, by name."""
    actor = Actor.from_request(request)
    found = []
    if get_policy(get_page_model()).can(actor, "add"):
        url = link("create", title=words if words and not _named(words, _("New page")) else "")
        title = _("New page “%(title)s”") % {"title": words} if "title=" in url else _("New page")
        found.append(Found(title, url, "", "plus"))
    for entry in framed(request, actor)["menu"]:
        if not words or _named(words, entry["title"]):
            found.append(Found(str(entry["title"]), entry["url"], _("Go to"), entry["icon"]))
    return found


def _named(words: str, title: object) -> bool:
    return all(word in str(title).casefold() for word in words.casefold().split())


def register_finders() -> None:
    """Register what the switcher finds without any other app; called when the apps are ready."""
    finders.register("recent", Finder(gettext_lazy("Recent"), recent))
    finders.register("pages", Finder(gettext_lazy("Pages"), pages))


def register_actions() -> None:
    """Register what can be done and gone to, after whatever can be found."""
    finders.register("actions", Finder(gettext_lazy("Actions"), actions))

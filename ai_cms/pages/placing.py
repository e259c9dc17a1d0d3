"""Where a move leads: the place that a direction or a target names, what to ask before, and how to turn it back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.mappings import FieldValues

from .exceptions import InvalidMove, PageNotFound
from .models import AbstractPage, Publication
from .rows import short, visible_pages
from .tree import Position

__all__ = ["address_question", "goal_of", "place_in_words", "place_now"]

POSITIONS = ("first-child", "last-child", "before", "after")


def goal_of(request: HttpRequest, page: AbstractPage, data: FieldValues) -> tuple[AbstractPage, Position]:
    """Return the target and position of a move, both among what the user sees.

    ``data``: either ``target`` (a key) with ``position``, or ``direction``: "up", "down", "in" or "out". Raises InvalidMove,
    PageNotFound.
    """
    rows = visible_pages(request)
    if data.get("target"):
        position: Any = data.get("position", "last-child")
        if position not in POSITIONS:
            raise InvalidMove
        text = str(data["target"])
        # Keys are 64 bits wide; what is longer names no page.
        named = text.isascii() and text.isdecimal() and int(text) < 2**63
        target = rows.filter(pk=int(text)).order_by().first() if named else None
        if target is None:
            raise PageNotFound
        if target.tree_id == page.tree_id and page.lft <= target.lft and target.rght <= page.rght:
            # Here, before anybody is asked whether the addresses may change.
            raise InvalidMove(_("A page cannot be moved into itself or below itself."))
        return target, position
    direction = data.get("direction", "")
    siblings = rows.filter(parent_id=page.parent_id).exclude(pk=page.pk) if page.parent_id else rows.none()
    before = siblings.filter(lft__lt=page.lft).order_by("-lft").first() if direction in ("up", "in") else None
    if direction == "up":
        if before is None:
            raise InvalidMove(_("It is the first page here already."))
        return before, "before"
    if direction == "down":
        after = siblings.filter(lft__gt=page.lft).order_by("lft").first()
        if after is None:
            raise InvalidMove(_("It is the last page here already."))
        return after, "after"
    if direction == "in":
        if before is None:
            raise InvalidMove(_("There is no page before it that it could go into."))
        return before, "last-child"
    if direction == "out":
        parent = rows.filter(pk=page.parent_id).order_by().first() if page.parent_id else None
        if parent is None or parent.parent_id is None:
            raise InvalidMove(_("It cannot be moved further out."))
        return parent, "after"
    raise InvalidMove


def address_question(page: AbstractPage, target: AbstractPage, position: str) -> str:
    """Return what to ask before a move that changes the address of pages on the site; "" for any other."""
    parent_id = target.pk if position in ("first-child", "last-child") else target.parent_id
    if parent_id == page.parent_id:
        return ""
    public = Publication.objects.filter(
        page__tree_id=page.tree_id, page__lft__gte=page.lft, page__rght__lte=page.rght, active=True
    )
    below = public.exclude(page=page).count()
    title = short(page.title, 60)
    if not below:
        text = _("“%(title)s” would get another address. The old address leads to the new one. Move it?")
        return text % {"title": title} if public.exists() else ""
    return ngettext(
        "“%(title)s” would get another address, and %(count)d page below it on the site. The old addresses lead to "
        "the new ones. Move it?",
        "“%(title)s” would get another address, and %(count)d pages below it on the site. The old addresses lead to "
        "the new ones. Move it?",
        below,
    ) % {"title": title, "count": below}


def place_now(request: HttpRequest, page: AbstractPage) -> JsonObject | None:
    """Return where a page stands among those that the user sees, as a move back there names it."""
    if page.parent_id is None:
        return None
    siblings = visible_pages(request).non_polymorphic().filter(parent_id=page.parent_id)
    before = siblings.filter(lft__lt=page.lft).order_by("-lft").first()
    if before is not None:
        return {"target": before.pk, "position": "after"}
    after = siblings.filter(lft__gt=page.lft).order_by("lft").first()
    if after is not None:
        return {"target": after.pk, "position": "before"}
    return {"target": page.parent_id, "position": "first-child"}


def place_in_words(request: HttpRequest, page: AbstractPage) -> str:
    """Return where a page stands now, as a sentence."""
    rows = visible_pages(request).non_polymorphic().order_by()
    siblings = rows.filter(parent_id=page.parent_id)
    parent = rows.filter(pk=page.parent_id).first()
    return _("“%(title)s” is now number %(number)d of %(count)d below “%(parent)s”.") % {
        "title": short(page.title, 60),
        "number": siblings.filter(lft__lte=page.lft).count(),
        "count": siblings.count(),
        "parent": short(parent.title, 60) if parent is not None else "…",
    }

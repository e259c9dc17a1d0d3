"""Take back what was done to the tree: moves, names, orders, the bin, new pages."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model
from ai_cms.pages.exceptions import PathTakenByRoute, SlugTaken
from ai_cms.pages.models import AbstractPage, Revision, RevisionKind
from ai_cms.pages.services import delete_page, move_page, reorder_pages, restore_page, update_page
from ai_cms.pages.tree import Position

from ..receivers import sibling_before
from .outcome import Item

__all__ = ["PLACES", "revert_creation"]

#: Slugs that are tried for a page whose own is taken meanwhile.
_TRIES = range(2, 20)


def _page(item: Item) -> AbstractPage | None:
    """Return the page of an act, deleted or not; says so where it is gone."""
    page: AbstractPage | None = get_page_model().all_objects.filter(pk=item.act.page_id).first()
    if page is None:
        item.outcome, item.reason = "nothing", _("The page is gone for good.")
    return page


def _left(item: Item, reason: str) -> None:
    item.outcome, item.reason = "left", reason


def _in_bin(item: Item, page: AbstractPage) -> bool:
    if page.deleted_at is not None:
        _left(item, _("The page is in the bin."))
    return page.deleted_at is not None


def _moved(item: Item, actor: Actor) -> None:
    page = _page(item)
    if page is None or _in_bin(item, page):
        return
    before, after = item.act.data["before"], item.act.data["after"]
    elsewhere = page.parent_id != after["parent"]
    if not elsewhere and before["parent"] == after["parent"]:
        elsewhere = sibling_before(page) != after["previous"]
    if elsewhere:
        _left(item, _("It was moved again since."))
        return
    rows = get_page_model().objects
    previous = rows.filter(pk=before["previous"], parent_id=before["parent"]).first() if before["previous"] else None
    parent = rows.filter(pk=before["parent"]).first()
    if parent is None:
        _left(item, _("The page it stood under is no longer there."))
        return
    position: Position = "after" if previous is not None else ("last-child" if before["previous"] else "first-child")
    slug = before["slug"] if page.slug == after["slug"] != before["slug"] else ""
    try:
        with transaction.atomic():
            move_page(page, previous or parent, actor=actor, position=position, slug=slug)
    except (SlugTaken, PathTakenByRoute):
        if not slug:
            raise
        move_page(page, previous or parent, actor=actor, position=position)
        item.outcome, item.reason = "partly", _("Another page has its address now.")


def _renamed(item: Item, actor: Actor) -> None:
    page = _page(item)
    if page is None or _in_bin(item, page):
        return
    if page.slug != item.act.data["after"]["slug"]:
        _left(item, _("It was renamed again since."))
        return
    update_page(page, actor=actor, slug=item.act.data["before"]["slug"])


def _reordered(item: Item, actor: Actor) -> None:
    parent = _page(item)
    if parent is None or _in_bin(item, parent):
        return
    before, after = item.act.data["before"], item.act.data["after"]
    rows = get_page_model().all_objects.non_polymorphic().filter(parent_id=parent.pk, pk__in=after)
    now = list(rows.order_by("lft").values_list("pk", flat=True))
    if now != [pk for pk in after if pk in set(now)]:
        _left(item, _("They were put in another order since."))
        return
    shown = set(rows.filter(deleted_at=None).values_list("pk", flat=True))
    reorder_pages(parent, [pk for pk in before if pk in shown], actor=actor)


def _deleted(item: Item, actor: Actor) -> None:
    page = _page(item)
    if page is None:
        return
    if page.deleted_at is None or str(page.deletion) != item.act.data["deletion"]:
        item.outcome, item.reason = "nothing", _("It was brought back already.")
        return
    try:
        with transaction.atomic():
            restore_page(page, actor=actor)
            return
    except (SlugTaken, PathTakenByRoute):
        item.outcome, item.reason = "partly", _("Another page has its address now.")
    for number in _TRIES:
        try:
            with transaction.atomic():
                restore_page(page, actor=actor, slug=f"{page.slug[:90]}-{number}")
                return
        except (SlugTaken, PathTakenByRoute):
            continue
    _left(item, _("Another page has its address now."))


def _restored(item: Item, actor: Actor) -> None:
    page = _page(item)
    if page is None:
        return
    if page.deleted_at is not None:
        item.outcome, item.reason = "nothing", _("It is in the bin again.")
        return
    pages = item.act.data["pages"]
    base = get_page_model().all_objects.non_polymorphic()
    below = base.filter(tree_id=page.tree_id, lft__gt=page.lft, rght__lt=page.rght, deleted_at=None)
    later = Revision.objects.filter(page_id__in=pages, created_at__gte=item.act.at)
    if below.exclude(pk__in=pages).exists() or later.exclude(kind=RevisionKind.UNDO).exists():
        _left(item, _("People have worked on it since."))
        return
    delete_page(page, actor=actor)


#: How each kind of act is turned round.
PLACES: dict[str, Callable[[Item, Actor], None]] = {
    "moved": _moved,
    "renamed": _renamed,
    "reordered": _reordered,
    "deleted": _deleted,
    "restored": _restored,
}


def revert_creation(item: Item, known: Collection[int], *, actor: Actor) -> None:
    """Put a page that an agent made into the bin, unless people have made it theirs.

    ``known``: the numbers of the revisions that the undone acts have made.
    """
    page = _page(item)
    if page is None:
        return
    if page.deleted_at is not None:
        item.outcome, item.reason = "nothing", _("It is in the bin.")
        return
    rows: Any = Revision.objects.filter(page_id=page.pk).exclude(number__in={1, *known})
    if rows.exclude(kind__in=(RevisionKind.CONFLICT, RevisionKind.UNDO)).exists():
        _left(item, _("People have worked on it since; the page stays."))
        return
    if get_page_model().objects.non_polymorphic().filter(parent_id=page.pk).exists():
        _left(item, _("There are pages below it that stay."))
        return
    delete_page(page, actor=actor)

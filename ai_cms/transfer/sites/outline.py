"""The tree of an exported site without what is on its pages: read first, so that pages can be written batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.slugs import make_slug
from ai_cms.pages import get_page_model, tree
from ai_cms.pages.edges import SPACING, Numbers, Room
from ai_cms.pages.exceptions import PathTooLong
from ai_cms.pages.services import check_place, resolve_page_type

from ..exceptions import ImportRefused
from .site_files import MAX_PAGES, SiteFolder, page_file
from .values import mapping_of, text_of

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

__all__ = ["Place", "number_places", "read_outline"]

MAX_LEVELS = 500


class Place:
    """Where a page stands: its folder, what it is below, its columns in the tree; ``pk`` once it is in the database."""

    __slots__ = ("level", "lft", "model", "parent", "path", "pk", "ref", "rght", "slug", "tree_id")

    def __init__(self, ref: str, parent: Place | None, model: type[AbstractPage], slug: str, path: str) -> None:
        self.ref = ref
        self.parent = parent
        self.model = model
        self.slug = slug
        self.path = path
        self.level: int = parent.level + 1 if parent is not None else 0
        self.tree_id = self.lft = self.rght = 0
        self.pk: Any = None

    @property
    def file(self) -> str:
        """The name of the page's file."""
        return page_file(self.ref)


def read_outline(folder: SiteFolder) -> list[Place]:
    """Return the places of all pages, parents before their children, siblings in order. Raises ImportRefused."""
    places: list[Place] = []
    slugs: dict[str, set[str]] = {}
    stack: list[tuple[str, Place | None]] = [("", None)]
    while stack:
        ref, parent = stack.pop()
        file = page_file(ref)
        if (parent is not None and parent.level >= MAX_LEVELS) or len(places) >= MAX_PAGES:
            raise ImportRefused("There are more pages than can be read, or they are nested too deep.", source=file)
        raw = folder.read(file)
        if raw is None:
            raise ImportRefused("There is no such file.", source=file)
        value = mapping_of(raw, "page", file)
        place = _place(ref, parent, value, slugs.setdefault(parent.ref, set()) if parent is not None else set())
        places.append(place)
        below = folder.children(ref, value.get("children", []))
        stack.extend((f"{ref}/{name}" if ref else name, place) for name in reversed(below))
    return places


def _place(ref: str, parent: Place | None, value: JsonObject, used: set[str]) -> Place:
    """Return the place of one page. ``used``: slugs of the pages beside it, to which its own is added."""
    file = page_file(ref)
    slug = text_of(value.get("slug"), "slug", file, limit=100)
    try:
        model = resolve_page_type(text_of(value.get("type"), "type", file, limit=120) or None)
        if parent is None:
            return Place(ref, None, model, "", "/")
        check_place(model, parent.model)
        if not slug or make_slug(slug) != slug:
            raise ImportRefused(f"{slug!r} is no slug.", source=file)
        if value.get("deleted_at") is None:
            if slug in used:
                raise ImportRefused(f"Two pages beside each other have the slug {slug!r}.", source=file)
            used.add(slug)
        return Place(ref, parent, model, slug, tree.child_path(parent.path, slug))
    except (InvalidInput, PathTooLong) as error:
        raise ImportRefused(str(error.detail), source=file) from None


def number_places(places: list[Place], using: str) -> None:
    """Give the places, in the order of :func:`read_outline`, the columns of a tree of their own, depth first."""
    rows = get_page_model().all_objects.using(using).non_polymorphic().order_by()
    tree_id = (rows.aggregate(top=models.Max("tree_id"))["top"] or 0) + 1
    numbers = Numbers(Room(1, SPACING))
    opened: list[Place] = []
    for place in places:
        while opened and opened[-1] is not place.parent:
            done = opened.pop()
            done.rght = numbers.close(done.lft)
        place.tree_id, place.lft = tree_id, numbers.open()
        opened.append(place)
    while opened:
        done = opened.pop()
        done.rght = numbers.close(done.lft)

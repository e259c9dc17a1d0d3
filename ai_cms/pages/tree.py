"""The page tree: every write of its columns, under a lock.

``parent_id`` is the truth. ``lft``, ``rght``, ``level``, ``tree_id``, ``path`` and ``site`` are caches of it, kept by the
functions here under one lock and verified by :mod:`ai_cms.pages.treecheck`.

Why not mptt's own ``save()`` and ``move_to()``: they compute from values read before any lock, so that two inserts at
once leave duplicate edges, inside a transaction too. Every write of the tree goes through :func:`locked_trees`; what
happens inside is plain set-based SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from django.db import models, router, transaction
from django.db.models import F, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat, Substr

from .edges import Edges, Room, Shift, items_of, make_gap, renumber, spread_tree, write_edges
from .exceptions import InvalidMove, PageNotFound, PathTooLong
from .models import AbstractPage
from .polytree import base_model
from .relations import save_related

if TYPE_CHECKING:
    from .querysets import PageQuerySet

__all__ = [
    "MAX_PATH_BYTES",
    "Position",
    "child_path",
    "count_below",
    "insert",
    "insert_root",
    "locked_trees",
    "make_room",
    "move",
    "refuse_long_paths",
    "remove",
    "rewrite_paths",
    "subtree",
]

Position = Literal["first-child", "last-child", "before", "after"]

#: A path is indexed; PostgreSQL refuses index rows above 2,704 bytes.
MAX_PATH_BYTES = 2_000


@dataclass
class Node:
    """The tree columns of one page, read under the lock."""

    pk: int
    parent_id: int | None
    tree_id: int
    lft: int
    rght: int
    level: int
    path: str
    site_id: int
    deleted: bool
    #: The right edge of the last child.
    last: int | None = None

    @property
    def slug(self) -> str:
        return self.path.rstrip("/").rsplit("/", 1)[-1]

    @property
    def is_leaf(self) -> bool:
        return self.rght == self.lft + 1

    def contains(self, other: Node) -> bool:
        return self.tree_id == other.tree_id and self.lft <= other.lft and other.rght <= self.rght


class LockedTrees:
    """The fresh nodes of the pages named when the lock was taken, by primary key."""

    def __init__(self, model: type[AbstractPage], using: str, nodes: dict[int, Node]) -> None:
        self.model = model
        self.using = using
        self._nodes = nodes

    @property
    def rows(self) -> PageQuerySet:
        """Every page row of the base table, deleted ones too, without fetching subtypes and in no order."""
        rows: PageQuerySet = self.model.all_objects.using(self.using).non_polymorphic().order_by()
        return rows

    def node(self, pk: int, *, deleted: bool = False) -> Node:
        """Return the fresh node. Raises PageNotFound when the page is gone, or in the bin and ``deleted`` is false."""
        found = self._nodes.get(pk)
        if found is None or (found.deleted and not deleted):
            raise PageNotFound
        return found

    def page(self, pk: int) -> AbstractPage:
        """Return the page as it is now, as its type, deleted or not."""
        found: AbstractPage = self.model.all_objects.using(self.using).get(pk=pk)
        return found

    def reread(self, pk: int) -> Node:
        """Read the node again after a write."""
        self._nodes.update(_read_nodes(self.rows, [pk]))
        return self.node(pk, deleted=True)


def _read_nodes(rows: PageQuerySet, pks: Iterable[int]) -> dict[int, Node]:
    columns = ("pk", "parent_id", "tree_id", "lft", "rght", "level", "path", "site_id")
    inside = rows.filter(tree_id=OuterRef("tree_id"), lft__gt=OuterRef("lft"), lft__lt=OuterRef("rght"))
    last = inside.filter(parent_id=OuterRef("pk")).order_by("-lft").values("rght")[:1]
    found: dict[int, Node] = {}
    chosen = rows.filter(pk__in=list(pks)).annotate(last=Subquery(last))
    for row in chosen.values(*columns, "deleted_at", "last"):
        deleted = row.pop("deleted_at") is not None
        found[row["pk"]] = Node(**row, deleted=deleted)
    return found


@contextmanager
def locked_trees(model: type[AbstractPage], *pks: int | None) -> Iterator[LockedTrees]:
    """Lock the trees that hold the pages ``pks`` for the length of a transaction and yield their fresh nodes.

    The root rows are locked in primary key order; then the pages' trees are read again, and the lock is taken anew if one
    of them moved to another tree meanwhile. Measured in this way it survived thousands of mixed edits; without the second
    look it did not. On SQLite the connection's IMMEDIATE transaction is the lock. READ COMMITTED is assumed.
    """
    base = base_model(model)
    using = router.db_for_write(base)
    wanted = [pk for pk in pks if pk is not None]
    rows = base.all_objects.using(using).non_polymorphic().order_by()
    while True:
        # Starting anew gives back the locks that were taken in vain.
        with transaction.atomic(using=using):
            trees = rows.filter(pk__in=wanted).values("tree_id")
            roots = rows.filter(parent=None, tree_id__in=trees).order_by("pk")
            # NO KEY: inserting a row that refers to the root page need not wait for us.
            locked = roots.select_for_update(of=("self",), no_key=True).values_list("tree_id", flat=True)
            held = set(locked)
            nodes = _read_nodes(rows, wanted)
            if {node.tree_id for node in nodes.values()} <= held:
                yield LockedTrees(base, using, nodes)
                return
            transaction.set_rollback(True, using=using)


def subtree(rows: PageQuerySet, node: Node | AbstractPage) -> PageQuerySet:
    """Return the rows of ``node`` and everything below it."""
    return rows.filter(tree_id=node.tree_id, lft__gte=node.lft, lft__lte=node.rght)


def count_below(rows: PageQuerySet, node: Node) -> int:
    """Return how many pages are below a node, those in the bin too."""
    return 0 if node.is_leaf else subtree(rows, node).order_by().count() - 1


def child_path(parent_path: str, slug: str) -> str:
    """Return the URL path of a child. Raises PathTooLong above MAX_PATH_BYTES."""
    path = f"{parent_path}{slug}/"
    if len(path.encode()) > MAX_PATH_BYTES:
        raise PathTooLong
    return path


def _beside(lock: LockedTrees, target: Node, position: Position) -> tuple[Node, int, int]:
    """Return the parent of a place, and the edges before and after the place."""
    rows = lock.rows.filter(tree_id=target.tree_id)
    if position in ("first-child", "last-child"):
        parent = target
        if position == "last-child":
            return parent, target.last or target.lft, target.rght
        if target.is_leaf:
            return parent, target.lft, target.rght
        first = rows.filter(lft__gt=target.lft, lft__lt=target.rght).order_by("lft").values_list("lft", flat=True)
        return parent, target.lft, first.first() or target.rght
    if target.parent_id is None:
        raise InvalidMove("A page cannot stand beside the root of a site; choose a place below it.")
    parent = _read_nodes(lock.rows, [target.parent_id])[target.parent_id]
    if position == "before":
        left = rows.filter(parent_id=parent.pk, lft__gt=parent.lft, lft__lt=target.lft).order_by("-lft")
        return parent, left.values_list("rght", flat=True).first() or parent.lft, target.lft
    right = rows.filter(lft__gt=target.rght, lft__lt=parent.rght).order_by("lft")
    return parent, target.rght, right.values_list("lft", flat=True).first() or parent.rght


def make_room(lock: LockedTrees, target: Node, position: Position, items: int) -> tuple[Room, Node]:
    """Return numbers for ``items`` edges at ``position`` of ``target``, and the parent that they are below.

    ``items``: see :func:`ai_cms.pages.edges.items_of`. Edges that were in the way have been moved: nodes read before are old.
    """
    place = _beside(lock, target, position)
    return _room_at(lock, target, position, place, items), place[0]


def _room_at(lock: LockedTrees, target: Node, position: Position, place: tuple[Node, int, int], items: int) -> Room:
    rows = lock.rows.filter(tree_id=target.tree_id)
    parent, after, before = place
    room = make_gap(rows, parent.pk, after, before, items)
    if room is None:
        spread_tree(rows)
        parent, after, before = _beside(lock, lock.reread(target.pk), position)
        room = make_gap(rows, parent.pk, after, before, items)
    if room is None:
        raise InvalidMove("The tree holds as many pages as its columns have numbers for.")
    return room


def insert(lock: LockedTrees, page: AbstractPage, target: Node, position: Position = "last-child") -> None:
    """Insert the unsaved ``page`` at ``position`` of ``target``; sets its tree columns and path, and saves it."""
    room, parent = make_room(lock, target, position, 1)
    page.parent_id = parent.pk
    page.site_id = parent.site_id
    page.tree_id, page.lft, page.rght, page.level = parent.tree_id, room.first, room.first + 1, parent.level + 1
    page.path = child_path(parent.path, page.slug)
    page.pre_save_polymorphic(lock.using)
    models.Model.save(page, using=lock.using, force_insert=True)
    save_related(page)


def insert_root(page: AbstractPage, using: str) -> None:
    """Save the unsaved ``page`` as the root of a tree of its own. Not for request code: there is no row to lock."""
    rows = base_model(type(page)).all_objects.using(using).non_polymorphic().order_by()
    top = rows.aggregate(top=models.Max("tree_id"))["top"] or 0
    page.tree_id, page.lft, page.rght, page.level, page.path = top + 1, 1, 2, 0, "/"
    page.pre_save_polymorphic(using)
    models.Model.save(page, using=using, force_insert=True)


def move(
    lock: LockedTrees, node: Node, target: Node, position: Position, *, slug: str = "", path: str | None = None
) -> bool:
    """Move the subtree of ``node`` to ``position`` of ``target``, with its pages' paths.

    ``slug`` and ``path``: those of the moved page there, if they are others. Returns whether anything changed. Raises
    InvalidMove for a place inside the subtree itself, PathTooLong.
    """
    if node.parent_id is None:
        raise InvalidMove("The root of a site cannot be moved.")
    if node.contains(target) and not (position in ("before", "after") and node.pk == target.pk):
        raise InvalidMove("A page cannot be moved into itself or below itself.")
    if node.pk == target.pk:
        return False
    place = parent, after, before = _beside(lock, target, position)
    if parent.pk == node.parent_id and (after == node.rght or before == node.lft):
        return False
    rows = subtree(lock.rows, node)
    pages = [Edges(*row) for row in rows.order_by("lft").values_list("pk", "lft", "rght")]
    new_path = node.path if path is None else path
    refuse_long_paths(rows, node.path, new_path)
    room = _room_at(lock, target, position, place, items_of(pages))
    if parent.pk == node.parent_id:
        write_edges(lock.rows, renumber(pages, room))
        return True
    levels = parent.level + 1 - node.level
    shift = Shift(node.pk, parent.pk, slug or node.slug, parent.tree_id, parent.site_id, levels, node.path, new_path)
    write_edges(lock.rows, renumber(pages, room), shift)
    _close_if_empty(lock, node.parent_id)
    return True


def remove(lock: LockedTrees, node: Node) -> None:
    """Tidy up where a subtree stood whose rows are deleted already; its numbers stay free."""
    if node.parent_id is not None:
        _close_if_empty(lock, node.parent_id)


def _close_if_empty(lock: LockedTrees, pk: int) -> None:
    """Put the edges of a page side by side if nothing is below it any more."""
    children = lock.rows.filter(parent_id=OuterRef("pk"))
    lock.rows.filter(~models.Exists(children), pk=pk).update(rght=F("lft") + 1)


def refuse_long_paths(rows: QuerySet[Any], old: str, new: str) -> None:
    """Raise PathTooLong if a path in ``rows`` would grow above MAX_PATH_BYTES with its leading ``old`` replaced by ``new``."""
    growth = len(new.encode()) - len(old.encode())
    if growth <= 0:
        return
    # Length() counts characters; four bytes each is the safe bound, and only then the exact one is looked up.
    longest = (
        rows.order_by().annotate(size=models.functions.Length("path")).aggregate(top=models.Max("size"))["top"] or 0
    )
    if longest * 4 + growth > MAX_PATH_BYTES:
        paths = rows.values_list("path", flat=True)
        if any(len(path.encode()) + growth > MAX_PATH_BYTES for path in paths.iterator()):
            raise PathTooLong


def rewrite_paths(rows: QuerySet[Any], old: str, new: str, **values: object) -> None:
    """Replace the leading ``old`` of ``path`` by ``new`` in ``rows``, and set ``values``, in one UPDATE."""
    rows.update(path=Concat(Value(new), Substr("path", len(old) + 1)), **values)

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
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Concat, Substr

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
    "insert",
    "locked_trees",
    "move",
    "rewrite_paths",
    "subtree",
]

Position = Literal["first-child", "last-child", "before", "after"]

#: A path is indexed; PostgreSQL refuses index rows above 2,704 bytes.
MAX_PATH_BYTES = 2_000

_INTEGER = models.IntegerField()


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

    @property
    def slug(self) -> str:
        return self.path.rstrip("/").rsplit("/", 1)[-1]

    @property
    def width(self) -> int:
        return self.rght - self.lft + 1

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
    columns = ("pk", "parent_id", "tree_id", "lft", "rght", "level", "path", "site_id", "deleted_at")
    found: dict[int, Node] = {}
    for row in rows.filter(pk__in=list(pks)).values(*columns):
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
    with transaction.atomic(using=using):
        rows = base.all_objects.using(using).non_polymorphic().order_by()
        settled = False
        while not settled:
            # A savepoint of its own: starting anew gives back the locks that were taken in vain.
            with transaction.atomic(using=using):
                trees = rows.filter(pk__in=wanted).values("tree_id")
                roots = rows.filter(parent=None, tree_id__in=trees).order_by("pk")
                # NO KEY: inserting a row that refers to the root page need not wait for us.
                locked = roots.select_for_update(of=("self",), no_key=True).values_list("tree_id", flat=True)
                held = set(locked)
                nodes = _read_nodes(rows, wanted)
                settled = {node.tree_id for node in nodes.values()} <= held
                if not settled:
                    transaction.set_rollback(True, using=using)
        yield LockedTrees(base, using, nodes)


def subtree(rows: PageQuerySet, node: Node) -> PageQuerySet:
    """Return the rows of ``node`` and everything below it."""
    return rows.filter(tree_id=node.tree_id, lft__gte=node.lft, lft__lte=node.rght)


def child_path(parent_path: str, slug: str) -> str:
    """Return the URL path of a child. Raises PathTooLong above MAX_PATH_BYTES."""
    path = f"{parent_path}{slug}/"
    if len(path.encode()) > MAX_PATH_BYTES:
        raise PathTooLong
    return path


def _edge(lock: LockedTrees, target: Node, position: Position) -> tuple[int, Node]:
    """Return the ``lft`` a node gets at ``position`` of ``target``, and its parent."""
    if position == "first-child":
        return target.lft + 1, target
    if position == "last-child":
        return target.rght, target
    if target.parent_id is None:
        raise InvalidMove("A page cannot stand beside the root of a site; choose a place below it.")
    parent = _read_nodes(lock.rows, [target.parent_id])[target.parent_id]
    return (target.lft if position == "before" else target.rght + 1), parent


def insert(lock: LockedTrees, page: AbstractPage, target: Node, position: Position = "last-child") -> None:
    """Insert the unsaved ``page`` at ``position`` of ``target``; sets its tree columns and path, and saves it."""
    left, parent = _edge(lock, target, position)
    _shift(lock.rows.filter(tree_id=parent.tree_id), left, 2)
    page.parent_id = parent.pk
    page.site_id = parent.site_id
    page.tree_id, page.lft, page.rght, page.level = parent.tree_id, left, left + 1, parent.level + 1
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


def _shift(rows: PageQuerySet, start: int, size: int) -> None:
    """Add ``size`` to every edge at or after ``start``: opens a gap, or closes one."""
    rows.filter(rght__gte=start).update(
        lft=Case(When(lft__gte=start, then=F("lft") + size), default=F("lft"), output_field=_INTEGER),
        rght=F("rght") + size,
    )


def move(lock: LockedTrees, node: Node, target: Node, position: Position, *, slug: str = "") -> bool:
    """Move the subtree of ``node`` to ``position`` of ``target``; paths are the caller's next step.

    ``slug``: the moved page's slug there, if it is another one. Returns whether anything changed. Raises InvalidMove for a
    place inside the subtree itself.
    """
    if node.parent_id is None:
        raise InvalidMove("The root of a site cannot be moved.")
    if node.contains(target) and not (position in ("before", "after") and node.pk == target.pk):
        raise InvalidMove("A page cannot be moved into itself or below itself.")
    if node.pk == target.pk:
        return False
    left, parent = _edge(lock, target, position)
    if parent.pk == node.parent_id and left in (node.lft, node.rght + 1):
        return False
    if parent.tree_id == node.tree_id:
        _move_within(lock, node, left, parent)
    else:
        _move_across(lock, node, left, parent)
    # Both at once: with the one and not yet the other the slug could clash.
    lock.rows.filter(pk=node.pk).update(parent_id=parent.pk, slug=slug or node.slug)
    return True


def _move_within(lock: LockedTrees, node: Node, left: int, parent: Node) -> None:
    """Swap the subtree's range with the range between it and its new place, in one UPDATE of just those two ranges."""
    if left > node.rght:
        distance, first, last, gap = left - node.rght - 1, node.rght + 1, left - 1, -node.width
    else:
        distance, first, last, gap = left - node.lft, left, node.lft - 1, node.width
    levels = parent.level + 1 - node.level
    low, high = min(first, node.lft), max(last, node.rght)

    def moved(name: str) -> Case:
        return Case(
            When(**{f"{name}__gte": node.lft, f"{name}__lte": node.rght}, then=F(name) + distance),
            When(**{f"{name}__gte": first, f"{name}__lte": last}, then=F(name) + gap),
            default=F(name),
            output_field=_INTEGER,
        )

    inside = Q(lft__gte=node.lft, lft__lte=node.rght)
    lock.rows.filter(Q(lft__gte=low, lft__lte=high) | Q(rght__gte=low, rght__lte=high), tree_id=node.tree_id).update(
        level=Case(When(inside, then=F("level") + levels), default=F("level"), output_field=_INTEGER),
        lft=moved("lft"),
        rght=moved("rght"),
    )


def _move_across(lock: LockedTrees, node: Node, left: int, parent: Node) -> None:
    """Open a gap in the other tree, carry the subtree over, close the gap it left."""
    _shift(lock.rows.filter(tree_id=parent.tree_id), left, node.width)
    distance, levels = left - node.lft, parent.level + 1 - node.level
    subtree(lock.rows, node).update(
        tree_id=parent.tree_id,
        site_id=parent.site_id,
        lft=F("lft") + distance,
        rght=F("rght") + distance,
        level=F("level") + levels,
    )
    _shift(lock.rows.filter(tree_id=node.tree_id), node.rght + 1, -node.width)


def remove(lock: LockedTrees, node: Node) -> None:
    """Close the gap of a subtree whose rows are deleted already."""
    _shift(lock.rows.filter(tree_id=node.tree_id), node.rght + 1, -node.width)


def rewrite_paths(rows: QuerySet[Any], old: str, new: str, **values: object) -> None:
    """Replace the leading ``old`` of ``path`` by ``new`` in ``rows``, and set ``values``, in one UPDATE.

    Raises PathTooLong when a path would grow above MAX_PATH_BYTES.
    """
    growth = len(new.encode()) - len(old.encode())
    if growth > 0:
        # Length() counts characters; four bytes each is the safe bound, and only then the exact one is looked up.
        longest = rows.annotate(size=models.functions.Length("path")).aggregate(top=models.Max("size"))["top"] or 0
        if longest * 4 + growth > MAX_PATH_BYTES:
            paths = rows.values_list("path", flat=True)
            if any(len(path.encode()) + growth > MAX_PATH_BYTES for path in paths.iterator()):
                raise PathTooLong
    rows.update(path=Concat(Value(new), Substr("path", len(old) + 1)), **values)


def make_room(
    lock: LockedTrees, parent: Node, width: int, position: Literal["first-child", "last-child"] = "last-child"
) -> int:
    """Open a gap of ``width`` edges before or after ``parent``'s children; returns where it begins."""
    left, _parent = _edge(lock, parent, position)
    _shift(lock.rows.filter(tree_id=parent.tree_id), left, width)
    return left

"""Where pages stand in their tree: edges with room between them, so that an insertion or a move writes what it touches.

``lft`` and ``rght`` are mptt's nested sets: a page's edges enclose those of the pages below it, in order. Unlike mptt's
they have gaps. A new page takes two numbers of a gap; only where there is none are the edges after the place spread, as few
of them as it takes to give each its share (after Dietz and Sleator, "Two algorithms for maintaining order in a list": a
window of ``n`` edges is wide enough when ``n`` numbers come to each). A tree without gaps, as mptt makes them, is a valid
beginning.

A page without children has ``rght == lft + 1``, always, so that mptt's ``is_leaf_node()`` and ``get_leafnodes()`` are right.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections

if TYPE_CHECKING:
    from .querysets import PageQuerySet

__all__ = [
    "LAST",
    "SPACING",
    "Edges",
    "Numbers",
    "Room",
    "Shift",
    "items_of",
    "make_gap",
    "renumber",
    "spread_tree",
    "write_edges",
]

#: Numbers from one edge to the next where there are enough.
SPACING = 1_024
#: The largest number that the columns hold.
LAST = 2**31 - 1

#: Free numbers before the last edge of a tree, so that appending seldom writes its root.
_ROOT_SLACK = 1_024 * SPACING
#: The least numbers that come to each edge when some are spread.
_LEAST = 8
#: Pages that are read at once in search of room; each time four times as many.
_FIRST_LOOK = 32


@dataclass
class Edges:
    """The edges of one page."""

    pk: int
    lft: int
    rght: int

    @property
    def is_leaf(self) -> bool:
        return self.rght == self.lft + 1


@dataclass(frozen=True)
class Room:
    """Free numbers for some items: the first is ``first``, each next one ``step`` further, which is at least 2."""

    first: int
    step: int


@dataclass(frozen=True)
class Shift:
    """What a subtree gets besides its new edges: another tree, other levels, another beginning of its paths.

    Its first page, ``top``, gets another parent and perhaps another slug: both at once, since with the one and not yet the
    other it could clash.
    """

    top: int
    parent_id: int
    slug: str
    tree_id: int
    site_id: int
    levels: int
    old_path: str
    new_path: str


class Numbers:
    """Hand out the edges of pages that are walked depth first, from left to right."""

    def __init__(self, room: Room) -> None:
        self.next = room.first
        self._step = room.step
        self._opened = 0

    def open(self) -> int:
        """Return the left edge of the page that is entered."""
        self._opened = self.next
        self.next += self._step
        return self._opened

    def close(self, left: int) -> int:
        """Return the right edge of the page that is left, whose left edge is ``left``."""
        if left == self._opened:
            # Nothing was opened since: a page without children is one item.
            return left + 1
        self.next += self._step
        return self.next - self._step


def items_of(pages: Iterable[Edges]) -> int:
    """Return how many numbers pages need: two each, those without children one, which has its right edge beside it."""
    return sum(1 if page.is_leaf else 2 for page in pages)


def renumber(pages: Sequence[Edges], room: Room) -> list[Edges]:
    """Return new edges for whole branches, ``pages`` in the order of their left edges."""
    numbers, found, opened = Numbers(room), [], list[tuple[Edges, Edges]]()
    for page in pages:
        while opened and opened[-1][0].rght < page.lft:
            done = opened.pop()[1]
            done.rght = numbers.close(done.lft)
        new = Edges(page.pk, numbers.open(), 0)
        found.append(new)
        opened.append((page, new))
    while opened:
        done = opened.pop()[1]
        done.rght = numbers.close(done.lft)
    return found


def make_gap(tree: PageQuerySet, parent_id: int, after: int, before: int, items: int) -> Room | None:
    """Return room for ``items`` children of a page, right after the edge ``after``; what is in the way is moved to the right.

    ``tree``: all rows of one locked tree. ``before``: the next edge. Nodes read before may be old afterwards. Returns
    ``None`` where the numbers are used up; then the whole tree has to be spread.
    """
    share = (before - after - 1) // (items + 1)
    # A part of the gap alone, so that more can be put behind these.
    step = min(SPACING, max(share // 4, min(share, _LEAST)))
    if step >= 2:
        return Room(after + step, step)
    above = _upwards(tree, parent_id)
    look = _FIRST_LOOK
    while True:
        following, complete = _following(tree, after, look, above)
        room = _spread_some(tree, following, complete, after, items)
        if room is not None or complete:
            return room
        look *= 4


def spread_tree(tree: PageQuerySet) -> None:
    """Give every edge of a locked tree its share of all numbers."""
    pages = [Edges(*row) for row in tree.order_by("lft").values_list("pk", "lft", "rght")]
    write_edges(tree, renumber(pages, Room(1, max(2, min(SPACING, LAST // (items_of(pages) + 2))))))


#: An edge in order: its number, its page, whether it is the left one.
_Edge = tuple[int, Edges, bool]


def _following(tree: PageQuerySet, after: int, look: int, above: Sequence[Edges]) -> tuple[list[_Edge], bool]:
    """Return edges after a place, those of ``look`` pages and what lies between, and whether these are all."""
    rows = tree.filter(lft__gt=after).order_by("lft").values_list("pk", "lft", "rght")[:look]
    pages = [Edges(*row) for row in rows]
    complete = len(pages) < look
    # What closes later than the last page opens may have others before it that were not read.
    horizon = LAST if complete else pages[-1].lft
    edges: list[_Edge] = [(page.lft, page, True) for page in pages]
    closing = [*(page for page in pages if not page.is_leaf), *above]
    edges += [(page.rght, page, False) for page in closing if after < page.rght <= horizon]
    edges.sort(key=lambda edge: edge[0])
    return edges, complete


def _spread_some(tree: PageQuerySet, edges: list[_Edge], complete: bool, after: int, items: int) -> Room | None:
    """Spread the fewest of the edges after a place that leave each of them, and ``items`` before them, its share."""
    for taken in range(len(edges) + 1):
        at_end = taken == len(edges)
        if at_end and not complete:
            return None
        total = taken + items
        step = ((LAST + 1 if at_end else edges[taken][0]) - after - 1) // (total + 1)
        if step >= _LEAST and (at_end or step >= min(total, SPACING)):
            break
    else:
        return None
    step = min(step, SPACING)
    number = after + step * (items + 1)
    changed: dict[int, Edges] = {}
    for _number, page, opens in edges[:taken]:
        changed[page.pk] = page
        if opens and page.is_leaf:
            page.lft, page.rght = number, number + 1
        elif opens:
            page.lft = number
        else:
            page.rght = number
        number += step
    if at_end:
        root = edges[-1][1]
        root.rght = min(LAST, root.rght + _ROOT_SLACK)
    write_edges(tree, list(changed.values()))
    return Room(after + step, step)


def _upwards(tree: PageQuerySet, pk: int) -> list[Edges]:
    """Return a page and those above it, by their parent links: as many rows as the tree is deep."""
    model: Any = tree.model
    quote = connections[tree.db].ops.quote_name
    table, key = quote(model._meta.db_table), quote(model._meta.pk.column)
    statement = (
        f"WITH RECURSIVE above (id, parent_id, lft, rght) AS ("  # noqa: S608 - names from the model, values as parameters
        f"SELECT {key}, parent_id, lft, rght FROM {table} WHERE {key} = %s UNION ALL "
        f"SELECT page.{key}, page.parent_id, page.lft, page.rght FROM {table} page JOIN above ON page.{key} = above.parent_id"
        f") SELECT id, lft, rght FROM above"
    )
    with connections[tree.db].cursor() as cursor:
        cursor.execute(statement, [pk])
        return [Edges(*row) for row in cursor.fetchall()]


def write_edges(rows: PageQuerySet, pages: Sequence[Edges], shift: Shift | None = None) -> None:
    """Write the edges of pages, and what ``shift`` says, each row once and where the database can in one statement."""
    if not pages:
        return
    connection: Any = connections[rows.db]
    model: Any = rows.model
    quote = connection.ops.quote_name
    table, key = quote(model._meta.db_table), quote(model._meta.pk.column)
    setting, more = "", []
    if shift is not None:
        setting = ", tree_id = %s, site_id = %s, level = level + %s, path = %s || substr(path, %s)"
        more = [shift.tree_id, shift.site_id, shift.levels, shift.new_path, len(shift.old_path) + 1]
        for column, value in (("parent_id", shift.parent_id), ("slug", shift.slug)):
            setting += f", {column} = CASE WHEN {key} = %s THEN %s ELSE {column} END"
            more += [shift.top, value]
    given = _as_table(connection, pages)
    with connection.cursor() as cursor:
        if given is None:
            statement = f"UPDATE {table} SET lft = %s, rght = %s{setting} WHERE {key} = %s"  # noqa: S608 - as above
            cursor.executemany(statement, [[page.lft, page.rght, *more, page.pk] for page in pages])
            return
        values, parameters = given
        cursor.execute(
            f"UPDATE {table} SET lft = given.new_lft, rght = given.new_rght{setting} "  # noqa: S608 - as above
            f"FROM ({values}) AS given WHERE {table}.{key} = given.page",
            [*more, *parameters],
        )


def _as_table(connection: Any, pages: Sequence[Edges]) -> tuple[str, list[Any]] | None:
    """Return a SELECT of ``page``, ``new_lft`` and ``new_rght`` and its parameters; ``None`` where no UPDATE takes one."""
    if connection.vendor == "postgresql":
        columns = [[page.pk for page in pages], [page.lft for page in pages], [page.rght for page in pages]]
        source = "unnest(%s::bigint[], %s::integer[], %s::integer[]) AS rows (page, new_lft, new_rght)"
        return f"SELECT * FROM {source}", columns  # noqa: S608 - no values in it
    if connection.vendor == "sqlite" and connection.Database.sqlite_version_info >= (3, 33):
        names = ("page", "new_lft", "new_rght")
        chosen = ", ".join(f"json_extract(value, '$[{at}]') AS {name}" for at, name in enumerate(names))
        given = json.dumps([[page.pk, page.lft, page.rght] for page in pages])
        return f"SELECT {chosen} FROM json_each(%s)", [given]  # noqa: S608 - no values in it
    return None

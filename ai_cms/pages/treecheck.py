"""Verify the tree's caches from ``parent_id`` alone, and rebuild them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import router, transaction

from ai_cms.core.mappings import Columns

from . import get_page_model
from .addresses import is_taken_by_route
from .edges import SPACING, Numbers, Room
from .models import Publication, Site

__all__ = ["Problem", "check_tree", "find_hidden", "fix_tree"]


@dataclass(frozen=True)
class Problem:
    """One cached value that is not what the parent links say."""

    page_id: int
    column: str
    found: Any
    expected: Any

    def __str__(self) -> str:
        return f"page {self.page_id}: {self.column} is {self.found!r}, expected {self.expected!r}"


_CACHES = ("tree_id", "level", "site_id", "path")
_COLUMNS = (*_CACHES, "lft", "rght")


def _expected() -> tuple[dict[int, Columns], dict[int, Columns], list[Problem]]:
    """Return the stored and the right columns by page, and pages that hang on nothing or whose edges are out of order.

    Siblings keep the order of their stored ``lft``; roots keep their ``tree_id`` unless two share one. Edges have gaps: those
    of a tree are right as they are if they go up from one to the next, and are numbered anew if one does not.
    """
    rows = get_page_model().all_objects.non_polymorphic().order_by("lft", "pk")
    stored = {row["pk"]: row for row in rows.values("pk", "parent_id", "slug", *_COLUMNS)}
    children: dict[int | None, list[int]] = {}
    for pk, row in stored.items():
        children.setdefault(row["parent_id"], []).append(pk)
    sites = dict(Site.objects.values_list("root_id", "pk"))
    right: dict[int, Columns] = {}
    trees: set[int] = set()
    disordered: list[Problem] = []
    top = max((row["tree_id"] for row in stored.values()), default=0)
    for root in children.get(None, []):
        tree_id = stored[root]["tree_id"]
        if tree_id in trees:
            top += 1
            tree_id = top
        trees.add(tree_id)
        site_id = sites.get(root, stored[root]["site_id"])
        disordered += _number(root, tree_id, site_id, stored, children, right)
    lost = [Problem(pk, "parent_id", stored[pk]["parent_id"], "a page of a tree") for pk in stored if pk not in right]
    return stored, right, [*lost, *disordered]


def _number(
    root: int,
    tree_id: int,
    site_id: int | None,
    stored: dict[int, Columns],
    children: dict[int | None, list[int]],
    right: dict[int, Columns],
) -> list[Problem]:
    """Put the right columns of a tree into ``right``; returns which edges are out of order."""
    numbers = Numbers(Room(1, SPACING))
    # An explicit stack: a tree may be deeper than Python's recursion limit.
    stack: list[tuple[int, bool]] = [(root, False)]
    walked: list[int] = []
    problems: list[Problem] = []
    before = 0
    while stack:
        pk, leaving = stack.pop()
        column = "rght" if leaving else "lft"
        found = stored[pk][column]
        if leaving and pk not in children and found != stored[pk]["lft"] + 1:
            problems.append(Problem(pk, column, found, stored[pk]["lft"] + 1))
        elif found <= before:
            problems.append(Problem(pk, column, found, f"more than {before}"))
        before = max(before, found)
        if leaving:
            right[pk]["rght"] = numbers.close(right[pk]["lft"])
            continue
        parent = right.get(stored[pk]["parent_id"])
        path = f"{parent['path']}{stored[pk]['slug']}/" if parent else "/"
        right[pk] = {
            "tree_id": tree_id,
            "lft": numbers.open(),
            "rght": 0,
            "level": parent["level"] + 1 if parent else 0,
            "site_id": site_id,
            "path": path,
        }
        walked.append(pk)
        stack.append((pk, True))
        stack.extend((child, False) for child in reversed(children.get(pk, [])))
    if not problems:
        for pk in walked:
            right[pk]["lft"], right[pk]["rght"] = stored[pk]["lft"], stored[pk]["rght"]
    return problems


def check_tree() -> Iterator[Problem]:
    """Yield every cached value that is wrong: tree columns, paths, sites, and publications elsewhere than the page."""
    stored, right, found = _expected()
    yield from found
    for pk, expected in right.items():
        for column in _CACHES:
            if stored[pk][column] != expected[column]:
                yield Problem(pk, column, stored[pk][column], expected[column])
    for page_id, path, site_id in Publication.objects.values_list("page_id", "path", "site_id"):
        page = right.get(page_id)
        if page is not None and (path, site_id) != (page["path"], page["site_id"]):
            yield Problem(page_id, "publication path", path, page["path"])


def find_hidden() -> Iterator[tuple[int, str]]:
    """Yield the id and path of pages at whose address another route of the host project answers.

    Such a page is older than the route, or came there with the page above it; nothing else is let to such an address.
    """
    rows = get_page_model().objects.non_polymorphic().exclude(parent=None).order_by("tree_id", "lft")
    for pk, path in rows.values_list("pk", "path").iterator():
        if is_taken_by_route(path):
            yield pk, path


def fix_tree() -> int:
    """Rebuild all caches from the parent links; returns how many pages were wrong.

    Every root is locked for the length of it. Pages that hang on nothing are left for ``check_tree`` to report.
    """
    model = get_page_model()
    using = router.db_for_write(model)
    with transaction.atomic(using=using):
        roots = model.all_objects.using(using).non_polymorphic().filter(parent=None).order_by("pk")
        list(roots.select_for_update(of=("self",)).values_list("pk", flat=True))
        stored, right, _found = _expected()
        wrong = [pk for pk, row in right.items() if any(stored[pk][column] != row[column] for column in _COLUMNS)]
        rows = model.all_objects.using(using).non_polymorphic().order_by()
        for pk in wrong:
            rows.filter(pk=pk).update(**right[pk])
        for page_id, path, site_id in list(Publication.objects.values_list("page_id", "path", "site_id")):
            page = right.get(page_id)
            if page is not None and (path, site_id) != (page["path"], page["site_id"]):
                Publication.objects.filter(page_id=page_id).update(path=page["path"], site_id=page["site_id"])
    return len(wrong)

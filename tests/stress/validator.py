"""An independent look at the tree: from ``parent_id`` alone, by plain SQL rows, sharing no code with the product's check."""

from __future__ import annotations

from typing import Any

from django.db import connection


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [tuple(row) for row in cursor.fetchall()]


def broken_invariants(table: str = "ai_cms_pages_page") -> list[str]:
    """Return a sentence for everything that is not as it must be."""
    columns = "id, parent_id, tree_id, lft, rght, level, slug, path, site_id, deleted_at"
    pages = {row[0]: row for row in _rows(f"SELECT {columns} FROM {table}")}
    found: list[str] = []
    edges: dict[int, list[tuple[int, int]]] = {}
    children: dict[int | None, list[int]] = {}
    live_slugs: set[tuple[int, str]] = set()
    for pk, parent, tree, left, right, level, slug, path, site, deleted in pages.values():
        edges.setdefault(tree, []).extend([(left, pk), (right, pk)])
        children.setdefault(parent, []).append(pk)
        if left >= right:
            found.append(f"{pk}: lft {left} >= rght {right}")
        if parent is None:
            if (level, path, left) != (0, "/", 1):
                found.append(f"{pk}: root with level {level}, path {path}, lft {left}")
            continue
        above = pages.get(parent)
        if above is None:
            found.append(f"{pk}: parent {parent} is gone")
            continue
        if tree != above[2] or not (above[3] < left and right < above[4]):
            found.append(f"{pk}: not inside its parent {parent}")
        if level != above[5] + 1:
            found.append(f"{pk}: level {level} under {above[5]}")
        if path != f"{above[7]}{slug}/":
            found.append(f"{pk}: path {path} under {above[7]} with slug {slug}")
        if site != above[8]:
            found.append(f"{pk}: site {site} under {above[8]}")
        if deleted is None:
            if above[9] is not None:
                found.append(f"{pk}: alive below a deleted page")
            if (parent, slug) in live_slugs:
                found.append(f"{pk}: slug {slug} twice under {parent}")
            live_slugs.add((parent, slug))
    for tree, numbered in edges.items():
        if len({number for number, _pk in numbered}) != len(numbered):
            found.append(f"tree {tree}: an edge stands twice")
        # Read from left to right the edges are brackets that say what the parent links say.
        opened: list[int] = []
        for _number, pk in sorted(numbered):
            if opened and opened[-1] == pk:
                opened.pop()
                continue
            if pages[pk][1] != (opened[-1] if opened else None):
                found.append(f"{pk}: in tree {tree} it stands inside {opened[-1:]}, not inside {pages[pk][1]}")
            opened.append(pk)
        if opened:
            found.append(f"tree {tree}: {opened} are not closed")
    for pk, row in pages.items():
        if pk not in children and row[4] != row[3] + 1:
            found.append(f"{pk}: nothing is below it, and its edges {row[3]} and {row[4]} are not side by side")
    for pk in pages:
        seen, at = set(), pk
        while at is not None and at not in seen:
            seen.add(at)
            at = pages[at][1] if at in pages else None
        if at is not None:
            found.append(f"{pk}: a cycle")
    _check_publications(pages, found)
    return found


def _check_publications(pages: dict[int, tuple[Any, ...]], found: list[str]) -> None:
    for page, path, site, active in _rows("SELECT page_id, path, site_id, active FROM ai_cms_pages_publication"):
        row = pages.get(page)
        if row is None:
            found.append(f"publication of page {page}, which is gone")
            continue
        if (path, site) != (row[7], row[8]):
            found.append(f"{page}: published at {path}, is at {row[7]}")
        if bool(active) == (row[9] is not None):
            found.append(f"{page}: publication active={active}, deleted_at={row[9]}")
    blocks = dict(_rows("SELECT page_id, COUNT(*) FROM ai_cms_pages_element GROUP BY page_id"))
    for page in blocks:
        if page not in pages:
            found.append(f"elements of page {page}, which is gone")

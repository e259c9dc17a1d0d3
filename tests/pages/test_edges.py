"""Edges with gaps: whatever is inserted and moved, they say what the parent links say, and few rows are written."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_cms.pages import edges, get_page_model, services
from ai_cms.pages.edges import Edges, Numbers, Room, items_of, renumber, spread_tree
from ai_cms.pages.treecheck import check_tree, fix_tree
from tests.stress.validator import broken_invariants

Page: Any = get_page_model()


def rows() -> Any:
    return Page.all_objects.non_polymorphic().order_by("lft")


def pack() -> None:
    """Number the tree as mptt does, without gaps."""
    opened: list[Any] = []
    edge = 0
    for page in list(rows()):
        while opened and opened[-1].pk != page.parent_id:
            edge += 1
            rows().filter(pk=opened.pop().pk).update(rght=edge)
        edge += 1
        rows().filter(pk=page.pk).update(lft=edge)
        opened.append(page)
    while opened:
        edge += 1
        rows().filter(pk=opened.pop().pk).update(rght=edge)


def written(work: Any) -> int:
    """Return how many pages have other edges after ``work`` than before."""
    before = {page.pk: (page.lft, page.rght) for page in rows()}
    work()
    return sum(before.get(page.pk) != (page.lft, page.rght) for page in rows())


def test_numbers_of_leaves_are_side_by_side() -> None:
    numbers = Numbers(Room(10, 5))
    outer = numbers.open()
    leaf = numbers.open()
    assert (outer, leaf, numbers.close(leaf)) == (10, 15, 16)
    assert numbers.close(outer) == 20
    assert numbers.next == 25


def test_branches_are_numbered_anew_in_their_order() -> None:
    pages = [Edges(1, 3, 900), Edges(2, 4, 5), Edges(3, 77, 99), Edges(4, 80, 81), Edges(5, 1000, 1001)]
    assert items_of(pages) == 7
    found = renumber(pages, Room(100, 10))
    assert [(page.pk, page.lft, page.rght) for page in found] == [
        (1, 100, 150),
        (2, 110, 111),
        (3, 120, 140),
        (4, 130, 131),
        (5, 160, 161),
    ]


@pytest.mark.parametrize("position", ["first-child", "last-child"])
def test_an_insertion_writes_a_handful_of_rows(page_factory: Any, system: Any, root: Any, position: Any) -> None:
    services.bulk_create_pages([services.PageSpec(title=f"p{n}") for n in range(60)], actor=system, parent=root)
    pack()
    middle = Page.objects.get(slug="p30")
    page_factory("First", parent=middle, position=position)
    # From here on there are gaps.
    for number in range(40):
        parent = Page.objects.get(slug=f"p{number % 5 + 28}")
        assert written(lambda parent=parent: page_factory("New", parent=parent, position=position)) <= 8  # type: ignore[misc]
    assert list(check_tree()) == []
    assert broken_invariants(Page._meta.db_table) == []


def test_a_move_writes_what_it_moves(page_factory: Any, system: Any, root: Any) -> None:
    spec = services.PageSpec
    services.bulk_create_pages(
        [spec(title=f"p{n}", children=[spec(title="c", children=[spec(title="g")])]) for n in range(40)],
        actor=system,
        parent=root,
    )
    first, last = Page.objects.get(slug="p0"), Page.objects.get(slug="p39")
    # The three pages of the subtree, and the few edges that had to make room.
    assert written(lambda: services.move_page(first, last, actor=system)) <= 8
    back = Page.objects.get(pk=first.pk)
    assert written(lambda: services.move_page(back, Page.objects.get(slug="p1"), actor=system, position="before")) <= 8
    assert broken_invariants(Page._meta.db_table) == []


def test_a_page_whose_last_child_goes_is_a_leaf_again(page_factory: Any, system: Any, root: Any) -> None:
    parent = page_factory("Parent")
    child = page_factory("Child", parent=parent)
    fresh = Page.objects.get(pk=parent.pk)
    assert (fresh.is_leaf_node(), fresh.get_descendant_count()) == (False, 1)
    services.move_page(child, root, actor=system)
    fresh = Page.objects.get(pk=parent.pk)
    assert (fresh.is_leaf_node(), fresh.get_descendant_count()) == (True, 0)
    child = page_factory("Other", parent=parent)
    services.delete_page(child, actor=system)
    services.purge_page(Page.all_objects.get(pk=child.pk), actor=system)
    assert Page.objects.get(pk=parent.pk).is_leaf_node()
    assert set(Page.objects.get(pk=root.pk).get_leafnodes().values_list("slug", flat=True)) == {"parent", "child"}
    assert broken_invariants(Page._meta.db_table) == []


def test_a_leaf_does_not_ask_how_many_are_below_it(page_factory: Any, root: Any) -> None:
    pages = [page_factory("One"), page_factory("Two")]
    page_factory("Below", parent=pages[1])
    with CaptureQueriesContext(connection) as captured:
        assert Page.objects.get(pk=pages[0].pk).get_descendant_count() == 0
    assert len(captured) == 1
    found = Page.objects.filter(pk__in=[root.pk, *(page.pk for page in pages)]).order_by("lft").with_number_below()
    assert [page.number_below for page in found] == [3, 0, 1]


def test_numbers_that_are_used_up_are_spread(page_factory: Any, system: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edges, "LAST", 1_000)
    parent = page_factory("Parent")
    for number in range(30):
        page_factory(f"Page {number}", parent=parent, position="first-child" if number % 2 else "last-child")
    assert max(rows().values_list("rght", flat=True)) <= 1_000
    assert list(check_tree()) == []
    assert broken_invariants(Page._meta.db_table) == []


def test_the_check_names_the_edge_that_is_out_of_order(page_factory: Any, root: Any) -> None:
    first, second = page_factory("First"), page_factory("Second")
    right = rows().get(pk=second.pk)
    rows().filter(pk=second.pk).update(lft=first.lft, rght=first.rght)
    assert {problem.column for problem in check_tree()} == {"lft", "rght"}
    assert {problem.page_id for problem in check_tree()} == {second.pk}
    assert fix_tree() >= 1
    assert list(check_tree()) == []
    assert rows().get(pk=second.pk).lft > rows().get(pk=first.pk).rght
    assert right.rght == right.lft + 1


_step = st.tuples(
    st.sampled_from(["insert", "move", "purge", "pack", "spread"]),
    st.integers(0, 30),
    st.integers(0, 30),
    st.sampled_from(["first-child", "last-child", "before", "after"]),
)


@pytest.mark.stress
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(steps=st.lists(_step, max_size=25), last=st.sampled_from([edges.LAST, 3_000]))
def test_whatever_happens_the_edges_say_what_the_parent_links_say(
    page_factory: Any, system: Any, root: Any, steps: list[Any], last: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edges, "LAST", last)
    for kind, one, other, position in steps:
        known = list(Page.objects.exclude(parent=None).order_by("pk"))
        target = known[other % len(known)] if known else root
        if kind == "pack":
            pack()
        elif kind == "spread":
            spread_tree(Page.all_objects.non_polymorphic().filter(tree_id=root.tree_id))
        elif kind == "insert":
            page_factory("Page", parent=target if position.endswith("child") else root, position="last-child")
        elif known:
            page = known[one % len(known)]
            if kind == "purge":
                services.delete_page(page, actor=system)
                services.purge_page(Page.all_objects.get(pk=page.pk), actor=system)
            elif not Page.objects.below(page, include_self=True).filter(pk=target.pk).exists():
                services.move_page(page, target, actor=system, position=position)
                siblings = list(Page.objects.get(pk=page.pk).parent.get_children().values_list("pk", flat=True))
                at = siblings.index(page.pk)
                wanted = {"first-child": 0, "last-child": len(siblings) - 1}
                if position in wanted:
                    assert at == wanted[position]
                else:
                    assert siblings[at + (1 if position == "before" else -1)] == target.pk
    assert list(check_tree()) == []
    assert broken_invariants(Page._meta.db_table) == []

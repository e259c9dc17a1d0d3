"""The tree: places, paths, redirects, copies, the bin."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_cms.core.exceptions import InvalidInput, NotFound, PermissionRefused
from ai_cms.pages import get_page_model, services
from ai_cms.pages.exceptions import InvalidMove, PageNotFound, PageTypeRefused, PathTooLong, SlugTaken, TreeTooLarge
from ai_cms.pages.models import Element, Publication, Redirect, Revision
from ai_cms.pages.treecheck import check_tree, fix_tree
from tests.stress.validator import broken_invariants

# Whichever page model is in use: the suite runs with a swapped one too.
Page: Any = get_page_model()


def paths() -> list[str]:
    return list(Page.objects.order_by("lft").values_list("path", flat=True))


def test_children_get_paths_below_their_parent(page_factory: Any) -> None:
    about = page_factory("About us")
    team = page_factory("Team", parent=about)
    first = page_factory("First", parent=about, position="first-child")
    assert (about.path, team.path, first.path) == ("/about-us/", "/about-us/team/", "/about-us/first/")
    assert paths() == ["/", "/about-us/", "/about-us/first/", "/about-us/team/"]
    assert broken_invariants(Page._meta.db_table) == []


def test_a_made_slug_gets_a_number_and_a_chosen_one_is_refused(page_factory: Any) -> None:
    assert [page_factory("News").slug for _ in range(3)] == ["news", "news-2", "news-3"]
    with pytest.raises(SlugTaken, match="news"):
        page_factory("Other", slug="news")
    with pytest.raises(InvalidInput):
        page_factory("Other", slug="Not a slug!")


def test_unicode_titles_make_unicode_slugs(page_factory: Any, client: Any) -> None:
    page = page_factory("Über uns — 日本", publish=True)
    assert page.slug == "über-uns-日本"
    assert client.get(page.get_absolute_url()).status_code == 200


def test_paths_that_no_index_holds_are_refused(page_factory: Any) -> None:
    page = None
    with pytest.raises(PathTooLong):
        for _ in range(30):
            page = page_factory("x" * 100, **({"parent": page} if page else {}))
    assert broken_invariants(Page._meta.db_table) == []


def test_a_move_takes_the_subtree_publications_and_leaves_redirects(page_factory: Any, system: Any) -> None:
    old, new = page_factory("Old", publish=True), page_factory("New", publish=True)
    page = page_factory("Page", parent=old, publish=True)
    page_factory("Child", parent=page, publish=True)
    page_factory("Draft", parent=page)
    moved = services.move_page(page, new, actor=system)
    assert moved.path == "/new/page/"
    assert set(Publication.objects.values_list("path", flat=True)) == {
        "/old/",
        "/new/",
        "/new/page/",
        "/new/page/child/",
    }
    assert set(Redirect.objects.values_list("old_path", flat=True)) == {"/old/page/", "/old/page/child/"}
    services.move_page(moved, old, actor=system)
    assert set(Redirect.objects.values_list("old_path", flat=True)) == {"/new/page/", "/new/page/child/"}
    assert broken_invariants(Page._meta.db_table) == []


def test_the_number_of_statements_of_a_move_does_not_grow(page_factory: Any, system: Any, root: Any) -> None:
    def queries(children: int) -> int:
        page = page_factory("P", publish=True)
        services.bulk_create_pages(
            [services.PageSpec(title=f"c{n}", publish=True) for n in range(children)], actor=system, parent=page
        )
        target = page_factory("T")
        with CaptureQueriesContext(connection) as captured:
            services.move_page(page, target, actor=system)
        return len(captured)

    assert queries(2) == queries(40)


def test_a_page_cannot_be_moved_into_itself_or_beside_the_root(page_factory: Any, system: Any, root: Any) -> None:
    page = page_factory("Page")
    child = page_factory("Child", parent=page)
    for target, position in ((child, "last-child"), (page, "first-child"), (child, "after"), (root, "before")):
        with pytest.raises(InvalidMove):
            services.move_page(page, target, actor=system, position=position)
    with pytest.raises(InvalidMove):
        services.move_page(root, page, actor=system)
    with pytest.raises(InvalidInput):
        services.move_page(page, root, actor=system, position="sideways")  # type: ignore[arg-type]
    assert broken_invariants(Page._meta.db_table) == []


def test_moving_where_the_slug_is_taken_gives_a_number(page_factory: Any, system: Any) -> None:
    section = page_factory("Section")
    page_factory("Page", parent=section)
    page = page_factory("Page")
    assert services.move_page(page, section, actor=system).path == "/section/page-2/"


def test_pages_move_between_sites(page_factory: Any, system: Any) -> None:
    other = services.create_site(hostname="other.example", title="Other")
    page = page_factory("Page", publish=True)
    child = page_factory("Child", parent=page, publish=True)
    moved = services.move_page(page, other.root, actor=system)
    child.refresh_from_db()
    assert (moved.site_id, child.site_id, child.path) == (other.pk, other.pk, "/page/child/")
    assert set(Publication.objects.values_list("site_id", flat=True)) == {other.pk}
    assert broken_invariants(Page._meta.db_table) == []


def test_reorder_puts_the_named_children_first(page_factory: Any, system: Any, root: Any) -> None:
    pages = [page_factory(name) for name in "abcde"]
    services.reorder_pages(root, [pages[3].pk, pages[0].pk], actor=system)
    assert paths()[1:] == ["/d/", "/a/", "/b/", "/c/", "/e/"]
    with pytest.raises(InvalidMove):
        services.reorder_pages(root, [root.pk], actor=system)
    assert broken_invariants(Page._meta.db_table) == []


def test_a_slug_change_moves_what_is_below(page_factory: Any, system: Any) -> None:
    page = page_factory("Old name", publish=True)
    child = page_factory("Child", parent=page, publish=True)
    services.update_page(page, actor=system, slug="new-name")
    child.refresh_from_db()
    assert child.path == "/new-name/child/"
    assert set(Redirect.objects.values_list("old_path", flat=True)) == {"/old-name/", "/old-name/child/"}
    with pytest.raises(SlugTaken):
        services.update_page(page_factory("Third"), actor=system, slug="new-name")
    assert broken_invariants(Page._meta.db_table) == []


def test_a_copy_is_deep_and_a_draft(page_factory: Any, system: Any, root: Any) -> None:
    page = page_factory("Page", publish=True, content=[{"id": "h1", "type": "heading", "props": {"text": "T"}}])
    page_factory("Child", parent=page, fields={"seo_title": "S"})
    twin = services.copy_page(page, root, actor=system)
    child = Page.objects.get(path="/page-2/child/")
    assert (twin.path, twin.live, child.seo_title) == ("/page-2/", False, "S")
    assert twin.content_json == page.content_json
    assert twin.translation_key != page.translation_key
    assert Element.objects.filter(page=twin).count() == 1
    alone = services.copy_page(page, root, actor=system, recursive=False, title="Alone", slug="alone")
    assert (alone.title, Page.objects.filter(parent=alone).count()) == ("Alone", 0)
    assert services.copy_page(page, page, actor=system).path == "/page/page/"
    assert broken_invariants(Page._meta.db_table) == []


def test_a_copy_needs_the_right_to_read_every_descendant(page_factory: Any, grant: Any, editor: Any) -> None:
    page = page_factory("Page", owner=editor)
    page_factory("Secret", parent=page)
    place = page_factory("Place")
    grant(place)
    with pytest.raises((PermissionRefused, NotFound)):
        services.copy_page(page, place, actor=editor)
    assert Page.objects.filter(parent=place).count() == 0


def test_the_bin_hides_and_gives_back_exactly(page_factory: Any, system: Any) -> None:
    page = page_factory("Page", publish=True)
    early = page_factory("Early", parent=page, publish=True)
    late = page_factory("Late", parent=page, publish=True)
    services.delete_page(early, actor=system)

    def state() -> tuple[Any, ...]:
        return (
            list(Page.objects.order_by("pk").values()),
            list(Publication.objects.public().order_by("pk").values()),
        )

    before = state()
    assert services.delete_page(page, actor=system) == 2
    assert not Page.objects.filter(pk__in=[page.pk, late.pk]).exists()
    assert Publication.objects.public().count() == 0
    services.restore_page(page, actor=system)
    assert state() == before
    with pytest.raises(PageNotFound):
        services.restore_page(page, actor=system)
    assert Page.all_objects.get(pk=early.pk).deleted_at is not None


def test_restoring_needs_a_free_slug_and_a_living_parent(page_factory: Any, system: Any) -> None:
    page = page_factory("Page", publish=True)
    child = page_factory("Child", parent=page, publish=True)
    services.delete_page(child, actor=system)
    services.delete_page(page, actor=system)
    with pytest.raises(InvalidMove):
        services.restore_page(child, actor=system)
    page_factory("Page", publish=True)
    with pytest.raises(SlugTaken):
        services.restore_page(page, actor=system)
    assert services.restore_page(page, actor=system, slug="page-again").path == "/page-again/"
    assert services.restore_page(child, actor=system).path == "/page-again/child/"
    assert broken_invariants(Page._meta.db_table) == []


def test_purging_deletes_rows_for_good(page_factory: Any, system: Any, root: Any) -> None:
    page = page_factory("Page", publish=True, content=[{"type": "divider", "props": {}}])
    page_factory("Child", parent=page, publish=True)
    with pytest.raises(InvalidMove):
        services.purge_page(page, actor=system)
    services.delete_page(page, actor=system)
    assert services.purge_page(page, actor=system) == 2
    assert Page.all_objects.count() == 1
    assert (Publication.objects.count(), Element.objects.count()) == (0, 0)
    assert Revision.objects.exclude(page=root).count() == 0
    assert broken_invariants(Page._meta.db_table) == []
    with pytest.raises(InvalidMove):
        services.delete_page(root, actor=system)


def test_unknown_page_types_are_named(page_factory: Any) -> None:
    with pytest.raises(PageTypeRefused, match=Page._meta.label_lower):
        page_factory("x", page_type="shop.product")
    assert page_factory("x", page_type=Page._meta.model_name).type == Page._meta.label_lower


def test_check_and_fix_go_by_the_parent_links(page_factory: Any, root: Any) -> None:
    page = page_factory("Page", publish=True)
    page_factory("Child", parent=page, publish=True)
    Page.all_objects.non_polymorphic().update(lft=5, rght=3, level=9, tree_id=77, path="/wrong/")
    Publication.objects.filter(page=page).update(path="/elsewhere/")
    assert {problem.column for problem in check_tree()} >= {"lft", "rght", "level", "path", "publication path"}
    assert fix_tree() == 3
    assert list(check_tree()) == []
    assert broken_invariants(Page._meta.db_table) == []
    assert fix_tree() == 0


def test_bulk_pages_are_like_single_ones(page_factory: Any, system: Any, root: Any) -> None:
    page_factory("News")
    specs = [
        services.PageSpec(
            title="News",
            publish=True,
            content=[{"type": "heading", "props": {"text": "Hi"}}],
            fields={"metadata": {"tags": ["a"]}},
            children=[services.PageSpec(title="Same"), services.PageSpec(title="Same")],
        )
    ]
    made = services.bulk_create_pages(specs, actor=system, parent=root)
    assert [page.path for page in made] == ["/news-2/", "/news-2/same/", "/news-2/same-2/"]
    assert broken_invariants(Page._meta.db_table) == []
    single = page_factory(
        "News",
        publish=True,
        content=[{"type": "heading", "props": {"text": "Hi"}}],
        fields={"metadata": {"tags": ["a"]}},
    )
    ignored = {
        "id",
        "page_id",
        "path",
        "first_published_at",
        "published_at",
        "modified_at",
        "body",
        "summary",
        "content",
    }

    def row(page: Any) -> dict[str, Any]:
        values = Publication.objects.filter(page=page).values().get()
        return {key: value for key, value in values.items() if key not in ignored}

    assert row(made[0]) == row(single)
    assert list(made[0].elements.values_list("type", flat=True)) == ["heading"]
    assert made[0].revisions.get().kind == "import"


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "move", "copy", "delete", "restore", "publish", "rename"]),
        st.integers(0, 30),
        st.integers(0, 30),
        st.sampled_from(["first-child", "last-child", "before", "after"]),
    ),
    max_size=14,
)


@pytest.mark.django_db(transaction=False)
@given(steps=STEPS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_any_sequence_of_edits_keeps_the_tree(site: Any, system: Any, steps: list[tuple[str, int, int, Any]]) -> None:
    from ai_cms.core.exceptions import RequestRefused

    for number, (verb, one, two, position) in enumerate(steps):
        pages = list(Page.all_objects.order_by("pk"))
        page, other = pages[one % len(pages)], pages[two % len(pages)]
        try:
            if verb == "create":
                services.create_page(actor=system, parent=page, title=f"t{number % 3}", publish=bool(two % 2))
            elif verb == "move":
                services.move_page(page, other, actor=system, position=position)
            elif verb == "copy":
                services.copy_page(page, other, actor=system)
            elif verb == "delete":
                services.delete_page(page, actor=system)
            elif verb == "restore":
                services.restore_page(page, actor=system)
            elif verb == "publish":
                services.publish_page(page, actor=system)
            else:
                services.update_page(page, actor=system, slug=f"s{two}")
        except RequestRefused:
            continue
    assert broken_invariants(Page._meta.db_table) == []
    assert list(check_tree()) == []


def test_a_page_loaded_as_a_leaf_sees_what_came_below_it(page_factory: Any) -> None:
    page = page_factory("Page")
    assert list(page.get_children()) == []
    child = page_factory("Child", parent=page)
    grandchild = page_factory("Grandchild", parent=child)
    assert list(page.get_children()) == [child]
    assert list(page.get_descendants()) == [child, grandchild]
    assert list(page.get_descendants(include_self=True)) == [page, child, grandchild]
    assert list(Page.objects.below(page).order_by("lft")) == [child, grandchild]


def test_a_page_that_was_moved_since_it_was_loaded_has_its_present_ancestors(
    page_factory: Any, root: Any, system: Any
) -> None:
    page, goal = page_factory("Page"), page_factory("Goal")
    services.move_page(Page.objects.get(pk=page.pk), goal, actor=system)
    assert list(Page.objects.above(page)) == [root, goal]


def test_copies_have_a_limit_that_says_so(page_factory: Any, root: Any, system: Any, settings: Any) -> None:
    page = page_factory("Page")
    for title in ("One", "Two"):
        page_factory(title, parent=page)
    settings.AI_CMS = {"COPY_MAX_PAGES": 2}
    with pytest.raises(TreeTooLarge, match="COPY_MAX_PAGES"):
        services.copy_page(page, root, actor=system)
    assert services.copy_page(page, root, actor=system, recursive=False).path == "/page-2/"


def test_the_number_of_statements_of_a_copy_does_not_grow(page_factory: Any, system: Any, root: Any) -> None:
    def queries(children: int) -> int:
        page = page_factory(f"Page {children}")
        for number in range(children):
            page_factory(
                f"Child {number}", parent=page, content=[{"type": "heading", "props": {"text": "x", "level": 2}}]
            )
        with CaptureQueriesContext(connection) as captured:
            copied = services.copy_page(page, root, actor=system, position="first-child")
        assert copied.get_children().count() == children
        return len(captured)

    assert queries(12) == queries(2)
    assert broken_invariants(Page._meta.db_table) == []


def test_a_subtree_above_the_limit_is_refused_and_says_what_to_do(
    page_factory: Any, superuser: Any, system: Any, settings: Any
) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "TREE_MAX_PAGES": 3}
    top, goal = page_factory("Top"), page_factory("Goal")
    for name in ("a", "b", "c"):
        page_factory(name, parent=top)
    top.refresh_from_db()
    refused: list[Callable[[], Any]] = [
        lambda: services.move_page(top, goal, actor=superuser),
        lambda: services.update_page(top, actor=superuser, slug="other"),
        lambda: services.delete_page(top, actor=superuser),
    ]
    for attempt in refused:
        with pytest.raises(TreeTooLarge, match=r"4 pages.*at most 3.*TREE_MAX_PAGES"):
            attempt()
    Page = get_page_model()
    assert Page.objects.get(pk=top.pk).path == "/top/"
    # A command has no limit; in the bin the same holds for the way back and for good.
    services.delete_page(top, actor=system)
    binned = Page.all_objects.get(pk=top.pk)
    for attempt in (
        lambda: services.restore_page(binned, actor=superuser),
        lambda: services.purge_page(binned, actor=superuser),
    ):
        with pytest.raises(TreeTooLarge):
            attempt()
    services.restore_page(binned, actor=system)
    # Its place among its siblings is no matter of size.
    services.move_page(Page.objects.get(pk=top.pk), goal, actor=superuser, position="after")
    assert not list(check_tree())

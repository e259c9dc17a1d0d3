"""Importing again: what the source changed, what people changed, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import Publication, Revision
from ai_cms.pages.treecheck import check_tree
from ai_cms.transfer.models import ImportedPage

from .conftest import messages, page_at, state
from .wxr_maker import SITE, Item, page

Import = Callable[..., dict[str, Any]]
TEXT = "<p>Flour.</p>\n\n<h2>Method</h2>\n\n<p>Wait.</p>"


def test_the_second_run_changes_nothing(import_wxr: Import) -> None:
    items = [page(1, "Rye", name="rye", parent=2), page(2, "Breads", name="breads"), Item(3, "Post", status="draft")]
    import_wxr(items)
    before = state()
    versions = list(ImportedPage.objects.order_by("pk").values())
    summary = import_wxr(items)
    assert (summary["created"], summary["changed"], summary["unchanged"], summary["redirects"]) == (0, 0, 3, 0)
    assert state() == before
    assert list(ImportedPage.objects.order_by("pk").values()) == versions
    # The order of the file says nothing about its content.
    assert import_wxr(list(reversed(items)))["unchanged"] == 3


def test_a_changed_item_becomes_a_new_published_revision(import_wxr: Import, client: Any) -> None:
    items = [page(1, "Rye", TEXT, name="rye"), page(2, "Spelt", name="spelt")]
    import_wxr(items)
    before = page_at("/rye/").content_json
    items[0].content = TEXT.replace("Wait.", "Wait a day.")
    items[0].title = "Rye bread"
    summary = import_wxr(items)
    assert (summary["created"], summary["changed"], summary["unchanged"]) == (0, 1, 1)
    rye = page_at("/rye/")
    assert (rye.title, rye.version, rye.published_version) == ("Rye bread", 2, 2)
    kinds = Revision.objects.filter(page=rye).order_by("number").values_list("kind", flat=True)
    assert list(kinds)[:2] == ["import", "import"]
    assert "Wait a day." in client.get("/rye/").content.decode()
    # Blocks that did not change are the same blocks; the changed one continues the old one.
    assert [block["id"] for block in rye.content_json.blocks] == [block["id"] for block in before.blocks]
    assert rye.content_json.blocks[1] == before.blocks[1]
    assert import_wxr(items)["unchanged"] == 2


def test_what_people_edited_is_left_alone(import_wxr: Import, system: Actor) -> None:
    items = [page(1, "Rye", TEXT, name="rye")]
    import_wxr(items)
    services.update_page(page_at("/rye/"), actor=system, fields={"title": "Our rye"})
    assert import_wxr(items)["unchanged"] == 1
    items[0].title = "Rye of the export"
    summary = import_wxr(items)
    assert (summary["changed"], summary["skipped"]) == (0, 1)
    assert "--overwrite" in messages(summary)
    assert page_at("/rye/").title == "Our rye"
    summary = import_wxr(items, overwrite=True)
    assert summary["changed"] == 1
    rye = page_at("/rye/")
    assert rye.title == "Rye of the export"
    # There were changes that nobody had published; that stays a decision of people.
    assert rye.has_unpublished_changes


def test_what_people_moved_stays_where_it_is(import_wxr: Import, system: Actor) -> None:
    items = [page(1, "Breads", name="breads"), page(2, "Rye", name="rye", parent=1), page(3, "Shelf", name="shelf")]
    import_wxr(items)
    services.move_page(page_at("/breads/rye/"), page_at("/shelf/"), actor=system)
    items[1].title = "Rye bread"
    assert import_wxr(items)["changed"] == 1
    assert page_at("/shelf/rye/").title == "Rye bread"


def test_what_the_source_moved_and_renamed_moves(import_wxr: Import, client: Any) -> None:
    items = [page(1, "Breads", name="breads"), page(2, "Rye", name="rye", parent=1), page(3, "Shelf", name="shelf")]
    import_wxr(items)
    items[1].parent, items[1].name = 3, "dark-rye"
    assert import_wxr(items)["changed"] == 1
    assert page_at("/shelf/dark-rye/").title == "Rye"
    assert client.get("/shelf/dark-rye/").status_code == 200
    assert client.get("/breads/rye/").status_code in (301, 308)
    assert not list(check_tree())
    assert import_wxr(items)["unchanged"] == 3


def test_a_page_below_one_that_comes_new(import_wxr: Import) -> None:
    items = [page(1, "Rye", name="rye")]
    import_wxr(items)
    items[0].parent = 5
    items.append(page(5, "Breads", name="breads"))
    summary = import_wxr(items)
    assert (summary["created"], summary["changed"]) == (1, 1)
    assert page_at("/breads/rye/").level == 2
    assert not list(check_tree())


def test_what_the_source_took_back_is_unpublished(import_wxr: Import, client: Any, system: Actor) -> None:
    items = [page(1, "Rye", name="rye"), page(2, "Spelt", name="spelt", status="draft"), page(3, "Oat", name="oat")]
    import_wxr(items)
    services.unpublish_page(page_at("/oat/"), actor=system)
    items[0].status, items[1].status, items[2].title = "draft", "publish", "Oats"
    import_wxr(items)
    assert [client.get(path).status_code for path in ("/rye/", "/spelt/", "/oat/")] == [404, 200, 404]
    assert page_at("/oat/").title == "Oats"


def test_new_items_of_a_later_export(import_wxr: Import) -> None:
    items = [page(1, "Breads", name="breads"), Item(3, "Post", name="post")]
    import_wxr(items)
    summary = import_wxr([*items, page(2, "Rye", name="rye", parent=1), Item(4, "Second", name="second")])
    assert (summary["created"], summary["unchanged"]) == (2, 2)
    assert page_at("/breads/rye/").level == page_at("/blog/second/").level == 2


def test_an_export_in_several_files(import_wxr: Import) -> None:
    import_wxr([page(1, "Breads", name="breads")], file="one.xml")
    summary = import_wxr([page(2, "Rye", name="rye", parent=1)], file="two.xml")
    assert page_at("/breads/rye/").level == 2
    assert summary["warnings"] == []


def test_what_people_deleted_stays_deleted(import_wxr: Import, system: Actor) -> None:
    items = [page(1, "Breads", name="breads"), page(2, "Rye", name="rye", parent=1)]
    import_wxr(items)
    services.delete_page(page_at("/breads/"), actor=system)
    summary = import_wxr(items)
    assert (summary["created"], summary["skipped"]) == (0, 2)
    assert "bin" in messages(summary)
    summary = import_wxr(items, overwrite=True)
    assert summary["created"] == 2
    assert page_at("/breads/rye/").live
    assert import_wxr(items)["unchanged"] == 2


def test_the_order_follows_the_source_and_leaves_other_pages_in_place(
    import_wxr: Import, page_factory: Callable[..., Any]
) -> None:
    items = [page(1, "One", name="one", menu_order=1), page(2, "Two", name="two", menu_order=2)]
    import_wxr(items)
    page_factory("Ours", slug="ours")
    items[0].menu_order = 9
    import_wxr(items)
    order = page_at("/").get_children().order_by("lft").values_list("slug", flat=True)
    assert list(order) == ["two", "one", "ours"]


def test_two_sites_do_not_meet(import_wxr: Import) -> None:
    import_wxr([page(1, "Rye", name="rye")])
    summary = import_wxr([page(1, "Other rye", name="rye")], site="https://new-bakery.example")
    assert summary["created"] == 1
    assert page_at("/rye/").title == "Rye"
    assert page_at("/rye-2/").title == "Other rye"
    assert set(ImportedPage.objects.values_list("source", flat=True)) == {
        "wordpress:old-bakery.example",
        "wordpress:new-bakery.example",
    }


@pytest.mark.parametrize("same", [True, False])
def test_the_same_number_twice(import_wxr: Import, same: bool) -> None:
    items = [page(1, "Rye", name="rye"), page(1, "Rye" if same else "Spelt", name="rye" if same else "spelt")]
    summary = import_wxr(items)
    assert summary["created"] == (1 if same else 2)
    assert ("twice" if same else "same key") in messages(summary)
    assert import_wxr(items)["created"] == 0


def test_another_picture_behind_a_number_changes_the_item(import_wxr: Import) -> None:
    items = [
        page(1, "Rye", "[gallery ids='5']", name="rye"),
        Item(5, "", type="attachment", attachment_url=f"{SITE}/a.jpg"),
    ]
    import_wxr(items)
    items[1].attachment_url = f"{SITE}/b.jpg"
    assert import_wxr(items)["changed"] == 1
    assert page_at("/rye/").content_json.blocks[0]["props"]["images"][0]["src"] == f"{SITE}/b.jpg"


def test_publications_are_left_as_they_are(import_wxr: Import) -> None:
    items = [page(1, "Rye", name="rye")]
    import_wxr(items)
    before = Publication.objects.values().get()
    import_wxr(items)
    assert Publication.objects.values().get() == before

"""Importing WordPress exports: the tree, posts, metadata, drafts, menus, links."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ai_cms.pages.models import Publication, Redirect, Revision
from ai_cms.pages.treecheck import check_tree

from .conftest import messages, page_at, run
from .wxr_maker import FOOT, SITE, Item, head, menu_item, page

Import = Callable[..., dict[str, Any]]


def test_pages_keep_their_tree_in_whatever_order_they_come(import_wxr: Import) -> None:
    summary = import_wxr(
        [
            page(3, "Starter", name="starter", parent=2),
            page(2, "Rye", name="rye", parent=1, menu_order=2),
            page(4, "Spelt", name="spelt", parent=1, menu_order=1),
            page(1, "Breads", name="breads"),
        ]
    )
    assert (summary["created"], summary["pages"], summary["posts"], summary["published"]) == (4, 4, 0, 4)
    assert [item["path"] for item in summary["items"]] == [
        "/breads/",
        "/breads/spelt/",
        "/breads/rye/",
        "/breads/rye/starter/",
    ]
    assert page_at("/breads/rye/starter/").parent.parent.title == "Breads"
    assert list(page_at("/breads/").get_children().order_by("lft").values_list("slug", flat=True)) == ["spelt", "rye"]
    assert not list(check_tree())


def test_missing_parents_and_circles_come_to_the_top_with_a_warning(import_wxr: Import) -> None:
    summary = import_wxr(
        [
            page(1, "One", name="one", parent=2),
            page(2, "Two", name="two", parent=1),
            page(3, "Three", name="three", parent=99),
        ]
    )
    assert summary["pages"] == 3
    assert page_at("/three/").published_version
    assert "circle" in messages(summary)
    assert ["not in the source" in warning["message"] for warning in summary["warnings"]] == [False, True]
    assert summary["warnings"][1]["item"] == "Three"
    assert summary["warnings"][1]["line"] > summary["warnings"][0]["line"]
    assert not list(check_tree())


def test_a_parent_that_a_newer_export_lacks_is_a_warning_too(import_wxr: Import) -> None:
    items = [page(1, "Breads", name="breads"), page(2, "Rye", name="rye", parent=1)]
    assert import_wxr(items)["warnings"] == []
    items[1].parent = 99
    assert import_wxr(items, dry_run=True)["changed"] == 1
    assert page_at("/breads/rye/")
    summary = import_wxr(items)
    assert (summary["changed"], page_at("/rye/").title) == (1, "Rye")
    assert [(warning["item"], warning["message"]) for warning in summary["warnings"]] == [
        ("Rye", "The page above it is not in the source; it was put at the top.")
    ]
    assert import_wxr(items)["unchanged"] == 2


def test_posts_stand_below_a_page_of_their_own(import_wxr: Import) -> None:
    summary = import_wxr([Item(1, "New", name="new", date="2021-01-01 10:00:00"), Item(2, "Old", name="old")])
    assert (summary["created"], summary["posts"], summary["pages"]) == (2, 2, 0)
    blog = page_at("/blog/")
    assert blog.title == "Blog"
    assert blog.content_json.blocks[0]["props"]["under"] == "/blog/"
    assert list(blog.get_children().order_by("lft").values_list("slug", flat=True)) == ["old", "new"]


def test_posts_stand_below_the_page_of_that_name_if_there_is_one(import_wxr: Import) -> None:
    summary = import_wxr(
        [Item(1, "Rye", name="rye"), page(2, "Journal", name="journal", content="<p>Hello.</p>")], posts_under="journal"
    )
    assert summary["created"] == 2
    journal = page_at("/journal/")
    assert [block["type"] for block in journal.content_json.blocks] == ["rich_text", "page_list"]
    assert page_at("/journal/rye/").parent_id == journal.pk


def test_posts_stand_below_a_page_that_was_there_before(import_wxr: Import, page_factory: Any) -> None:
    blog = page_factory("Blog", slug="blog")
    before = blog.content_json
    import_wxr([Item(1, "Rye", name="rye")])
    assert page_at("/blog/rye/").parent_id == blog.pk
    assert page_at("/blog/").content_json == before


def test_posts_can_stand_at_the_top(import_wxr: Import) -> None:
    import_wxr([Item(1, "Rye", name="rye")], posts_under="")
    assert page_at("/rye/").level == 1


def test_what_a_post_says_about_itself_is_kept(import_wxr: Import, client: Any) -> None:
    import_wxr(
        [
            Item(
                9, "", type="attachment", attachment_url=f"{SITE}/loaf.jpg", meta={"_wp_attachment_image_alt": "A loaf"}
            ),
            Item(
                1,
                "Rye &amp; <em>Time</em>",
                name="rye",
                excerpt="<p>Short &amp; sour</p>",
                sticky=1,
                categories=[
                    ("category", "grain", "Grain &amp; Flour"),
                    ("post_tag", "sour", "Sour"),
                    ("post_format", "post-format-aside", "Aside"),
                    ("region", "north", "North"),
                ],
                meta={"mood": "warm", "secret": "no", "_thumbnail_id": "9", "_yoast_wpseo_metadesc": "All about rye"},
            ),
        ],
        custom_fields=["mood"],
    )
    rye = page_at("/blog/rye/")
    assert rye.title == "Rye & Time"
    assert rye.metadata == {
        "categories": ["Grain & Flour"],
        "tags": ["Sour"],
        "taxonomies": {"region": ["North"]},
        "format": "aside",
        "author": "Ada Ähre",
        "published_at": "2020-05-17T08:30:00+00:00",
        "excerpt": "Short & sour",
        "comment_status": "open",
        "sticky": True,
        "image": f"{SITE}/loaf.jpg",
        "image_alt": "A loaf",
        "custom_fields": {"mood": ["warm"]},
        "wordpress": {"id": "1", "type": "post", "status": "publish", "link": f"{SITE}/2020/05/17/rye/"},
    }
    assert rye.seo_description == "All about rye"
    assert rye.created_at.isoformat() == "2020-05-17T08:30:00+00:00"
    publication = Publication.objects.get(page=rye)
    assert publication.first_published_at == rye.created_at
    assert set(publication.facets.values_list("name", "value")) == {("categories", "Grain & Flour"), ("tags", "Sour")}
    assert rye.content_json.blocks[0]["meta"]["provenance"]["source"] == "import"
    assert Revision.objects.get(page=rye).kind == "import"
    response = client.get("/blog/rye/")
    assert response.status_code == 200
    assert "Flour and water." in response.content.decode()


@pytest.mark.parametrize("status", ["draft", "pending", "private", "future", "mystery"])
def test_only_what_was_public_is_published(import_wxr: Import, client: Any, status: str) -> None:
    summary = import_wxr([page(1, "Rye", name="rye", status=status)])
    assert (summary["published"], summary["drafts"]) == (0, 1)
    assert client.get("/rye/").status_code == 404
    if status in ("private", "future", "mystery"):
        assert "draft now" in messages(summary)


def test_what_had_a_password_is_a_draft_and_the_password_is_nowhere(import_wxr: Import) -> None:
    summary = import_wxr([page(1, "Recipe", name="recipe", password="open-sesame")])
    assert summary["drafts"] == 1
    assert "password" in messages(summary)
    everything = json.dumps(list(Revision.objects.values_list("fields", flat=True))) + json.dumps(summary)
    assert "open-sesame" not in everything + json.dumps(page_at("/recipe/").metadata)


def test_the_bin_is_not_imported(import_wxr: Import) -> None:
    summary = import_wxr([page(1, status="trash"), page(2, status="auto-draft"), page(3, "Rye", name="rye")])
    assert (summary["created"], summary["skipped"], summary["pages"]) == (1, 2, 1)


def test_slugs_and_titles_that_are_unusual(import_wxr: Import, client: Any) -> None:
    summary = import_wxr(
        [
            page(1, "パン", name="%e3%83%91%e3%83%b3"),
            page(2, "", name=""),
            page(3, "No slug here", name=""),
            page(4, "Again", name="again"),
            page(5, "Again", name="again"),
            page(6, "L" * 400, name="long"),
            page(7, "1 &lt; 2 &amp; 3", name="math"),
        ]
    )
    paths = {item["path"]: item["title"] for item in summary["items"]}
    assert paths["/パン/"] == "パン"
    assert paths["/untitled/"] == "Untitled"
    assert "/no-slug-here/" in paths
    assert {"/again/", "/again-2/"} <= set(paths)
    assert paths["/math/"] == "1 < 2 & 3"
    long = page_at("/long/")
    assert len(long.title) == 255
    assert long.metadata["full_title"] == "L" * 400
    assert all(client.get(path).status_code == 200 for path in paths)


def test_menus_decide_the_order_and_what_they_show(import_wxr: Import) -> None:
    summary = import_wxr(
        [
            menu_item(50, 2, 1),
            menu_item(51, 1, 2),
            Item(
                52,
                "Shop",
                "",
                type="nav_menu_item",
                menu_order=3,
                categories=[("nav_menu", "main", "Main")],
                meta={"_menu_item_type": "custom", "_menu_item_url": "https://shop.example/"},
            ),
            page(1, "First", name="first"),
            page(2, "Second", name="second"),
            page(3, "Third", name="third"),
        ]
    )
    assert [item["path"] for item in summary["items"]] == ["/second/", "/first/", "/third/"]
    assert [page_at(path).in_menus for path in ("/second/", "/first/", "/third/")] == [True, True, False]
    assert "Shop" in messages(summary)


def test_links_between_items_lead_to_the_new_pages(import_wxr: Import, client: Any) -> None:
    content = (
        f'<p><a href="{SITE}/about/">A</a> <a href="http://www.old-bakery.example/2020/05/17/rye/#crust">B</a> '
        f'<a href="/?p=1">C</a> <a href="{SITE}/elsewhere/">D</a> <a href="https://other.example/about/">E</a></p>'
    )
    summary = import_wxr([Item(1, "Rye", content, name="rye"), page(2, "About", name="about")])
    html = page_at("/blog/rye/").content_json.blocks[0]["props"]["html"]
    assert 'href="/about/"' in html
    assert 'href="/blog/rye/#crust"' in html
    assert 'href="/blog/rye/">C' in html
    assert f'href="{SITE}/elsewhere/"' in html
    assert 'href="https://other.example/about/"' in html
    assert summary["redirects"] == 1
    response = client.get("/2020/05/17/rye/")
    assert response.status_code in (301, 308)
    assert response["Location"].endswith("/blog/rye/")


def test_redirects_only_where_they_are_wanted(import_wxr: Import, page_factory: Any) -> None:
    page_factory("Archive", slug="archive")
    import_wxr([Item(1, "Rye", name="rye")], parent="/archive/")
    assert not Redirect.objects.exists()
    import_wxr([Item(2, "Spelt", name="spelt")], redirects=False)
    assert not Redirect.objects.exists()


def test_block_editor_classic_and_reusable_content(import_wxr: Import, client: Any) -> None:
    import_wxr(
        [
            Item(8, "Note", "<!-- wp:paragraph --><p>From the shelf.</p><!-- /wp:paragraph -->", type="wp_block"),
            page(
                1,
                "Rye",
                name="rye",
                content='<!-- wp:heading {"level":3} -->\n<h3>Crust</h3>\n<!-- /wp:heading -->\n\n'
                '<!-- wp:block {"ref":8} /-->\n\nClassic line\n\nAnother line',
            ),
        ]
    )
    rye = page_at("/rye/")
    assert rye.content_json.headings()[0][:2] == (3, "Crust")
    text = rye.content_json.text()
    assert all(words in text for words in ("From the shelf.", "Classic line", "Another line"))
    assert "wp:" not in json.dumps(rye.content_json.to_json())
    assert "<!-- wp" not in client.get("/rye/").content.decode()


def test_galleries_show_what_was_uploaded_to_the_post(import_wxr: Import) -> None:
    import_wxr(
        [
            Item(5, "", type="attachment", parent=1, attachment_url=f"{SITE}/a.jpg"),
            Item(6, "", type="attachment", parent=1, attachment_url=f"{SITE}/b.png"),
            Item(7, "", type="attachment", parent=1, attachment_url=f"{SITE}/c.mp3"),
            Item(1, "Rye", "[gallery]", name="rye"),
        ]
    )
    block = page_at("/blog/rye/").content_json.blocks[0]
    assert [image["src"] for image in block["props"]["images"]] == [f"{SITE}/a.jpg", f"{SITE}/b.png"]


def test_nothing_that_is_no_page_is_dropped_silently(import_wxr: Import) -> None:
    items = [Item(1, "Rye", comments=2), Item(2, type="product"), Item(3, type="product"), Item(4, type="recipe")]
    said = messages(import_wxr(items))
    assert "2 items of the type “product”" in said
    assert "2 comments" in said
    summary = import_wxr(items, post_types=["product"])
    assert summary["created"] == 2


def test_custom_fields_that_are_not_kept_are_named(import_wxr: Import) -> None:
    items = [
        Item(1, meta={"subtitle": "Slow", "_edit_last": "1", "price": "3"}),
        Item(2, meta={"subtitle": "Slower", "_yoast_wpseo_title": "T"}),
    ]
    assert "2 custom fields not imported (--custom-field keeps one): “subtitle”, “price”." in messages(
        import_wxr(items)
    )
    assert "not imported (--custom-field" not in messages(import_wxr(items, custom_fields=["subtitle", "price"]))


def test_another_version_of_the_format_is_imported_with_a_warning(import_wxr: Import) -> None:
    summary = import_wxr([page(1, "Rye", name="rye")], version="2.0")
    assert summary["created"] == 1
    assert "version '2.0'" in messages(summary)


def test_the_first_version_has_fewer_marks(root: Any, tmp_path: Path) -> None:
    text = head("1.0") + Item(1, "Rye", name="rye", categories=[("tag", "sour", "Sour")]).xml()
    text = text.replace('<category domain="tag"', "<category>" + 'Grain</category><category domain="tag"', 1) + FOOT
    path = tmp_path / "old.xml"
    path.write_text(text)
    run("import_wordpress", path)
    found = page_at("/blog/rye/").metadata
    assert (found["categories"], found["tags"]) == (["Grain"], ["Sour"])


def test_dates_that_are_none(import_wxr: Import) -> None:
    zero = "0000-00-00 00:00:00"
    items = [
        Item(1, "Zero", name="zero", gmt=zero),
        Item(2, "Draft", name="draft", status="draft", date=zero),
        Item(3, "Silly", name="silly", date="31.12.2020", gmt="soon"),
        Item(4, "Never", name="never", date="31.12.2020", gmt="2020-02-30 10:00:00", pub_date="some day"),
        Item(5, "New", name="new", status="draft", date=zero, pub_date="Mon, 30 Nov -0001 00:00:00 +0000"),
    ]
    summary = import_wxr(items)
    lines = {warning["item"]: warning["line"] for warning in summary["warnings"]}
    assert [(warning["item"], warning["message"]) for warning in summary["warnings"]] == [
        ("Silly", "Its date “soon”, “31.12.2020” cannot be read; 2020-05-17 08:30 UTC was used."),
        ("Never", "Its date “2020-02-30 10:00:00”, “31.12.2020”, “some day” cannot be read; it has none now."),
    ]
    assert lines["Silly"] < lines["Never"]
    assert "published_at" not in page_at("/blog/never/").metadata
    again = import_wxr(items)
    assert (again["unchanged"], again["warnings"]) == (5, summary["warnings"])
    assert page_at("/blog/zero/").metadata["published_at"] == "2020-05-17T08:30:00+00:00"
    assert "written_at" in page_at("/blog/draft/").metadata
    assert page_at("/blog/silly/").metadata["published_at"] == "2020-05-17T08:30:00+00:00"


def test_what_nobody_asked_for_is_said(import_wxr: Import) -> None:
    extra = (
        "<wp:category><wp:category_nicename>rye</wp:category_nicename><wp:cat_name>Rye</wp:cat_name>"
        "<wp:category_description>Dark loaves</wp:category_description></wp:category>"
        "<wp:tag><wp:tag_slug>x</wp:tag_slug><wp:tag_description></wp:tag_description></wp:tag>"
        "<wp:term><wp:term_taxonomy>kind</wp:term_taxonomy><wp:term_description>Kinds</wp:term_description></wp:term>"
    )
    meta = {"minutes": "40", "mood": "warm", "empty": " ", "_hidden": "x", "_thumbnail_id": "9"}
    said = messages(import_wxr([page(1, meta=meta)], custom_fields=["mood"], extra=extra))
    assert "The descriptions of 2 categories and tags were not imported." in said
    assert "1 custom field not imported (--custom-field keeps one): “minutes”." in said

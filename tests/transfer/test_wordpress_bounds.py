"""Importing WordPress exports that are hostile, broken or large, and into which site, by whom, at which address."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import Publication, Revision
from ai_cms.pages.treecheck import check_tree
from ai_cms.transfer.models import ImportedPage
from tests.blocks.inert import assert_inert
from tests.blocks.xss_payloads import XSS_PAYLOADS

from .conftest import messages, page_at, refused, run, state
from .wxr_maker import Item, many_items, page, write_wxr

Import = Callable[..., dict[str, Any]]


def test_scripts_in_every_text_do_nothing(import_wxr: Import, client: Any) -> None:
    payloads = [payload.replace("\x00", "").replace("\x08", "") for payload in XSS_PAYLOADS]
    payloads = [text for text in payloads if text.isprintable()]
    items = [
        Item(
            number,
            payload,
            f"<!-- wp:paragraph --><p>{payload}</p><!-- /wp:paragraph -->\n{payload}",
            type="page" if number % 2 else "post",
            excerpt=payload,
            creator=payload[:50],
            name=f"x-{number}",
            categories=[("category", "x", payload), ("post_tag", payload[:80], "")],
            meta={"mood": payload, "_yoast_wpseo_metadesc": payload},
            link=f"javascript:alert({number})",
        )
        for number, payload in enumerate(payloads, 1)
    ]
    summary = import_wxr(items, custom_fields=["mood"])
    assert summary["created"] == len(items)
    for item in summary["items"]:
        response = client.get(item["path"])
        assert response.status_code == 200
    for found in get_page_model().objects.all():
        for walked in found.content_json.walk():
            html = walked.block["props"].get("html")
            if html:
                assert_inert(html)


def test_a_broken_file_changes_nothing(root: Any, tmp_path: Path) -> None:
    path = write_wxr(tmp_path / "export.xml", many_items(30))
    path.write_text(path.read_text()[:-200])
    before = state()
    assert "cut off" in refused("import_wordpress", path)
    assert state() == before


@pytest.mark.stress
def test_a_text_too_large_for_a_page_names_the_item_and_its_line(root: Any, tmp_path: Path) -> None:
    path = write_wxr(tmp_path / "export.xml", [page(1, "Fine"), page(2, "Huge", content="<p>bread</p>\n" * 120_000)])
    before = state()
    said = refused("import_wordpress", path)
    assert "Huge" in said
    assert "line" in said
    assert state() == before


def test_many_short_paragraphs_are_put_together(import_wxr: Import) -> None:
    content = "".join(f"<!-- wp:separator --><hr/><!-- /wp:separator --><h3>Loaf {n}</h3>" for n in range(2_500))
    import_wxr([page(1, "Long", name="long", content=content)])
    found = page_at("/long/")
    assert found.live
    assert len(found.content_json) <= 2_000
    assert "Loaf 2499" in found.content_json.text()


def test_nested_deeper_than_an_address_can_be(root: Any, tmp_path: Path) -> None:
    path = write_wxr(tmp_path / "export.xml", [page(n, f"P{n}", name=f"p{n}", parent=n - 1) for n in range(1, 300)])
    before = state()
    said = refused("import_wordpress", path)
    assert "deep" in said
    assert said.startswith(f"{path.name}, line ")
    assert state() == before


def test_dry_run_reports_and_changes_nothing(import_wxr: Import) -> None:
    before = state()
    summary = import_wxr([page(1, "Rye", name="rye"), Item(2, "Post")], dry_run=True)
    assert (summary["created"], summary["dry_run"]) == (2, True)
    assert state() == before
    assert import_wxr([page(1, "Rye", name="rye"), Item(2, "Post")])["created"] == 2


def test_drafts_only(import_wxr: Import) -> None:
    summary = import_wxr([page(1, "Rye", name="rye"), Item(2, "Post")], drafts=True)
    assert (summary["published"], summary["drafts"]) == (0, 2)
    assert not Publication.objects.exists()


def test_the_user_needs_the_right_to_add_pages(
    import_wxr: Import, root: Any, member: Any, superuser: Any, tmp_path: Path
) -> None:
    path = write_wxr(tmp_path / "export.xml", [page(1, "Rye", name="rye")])
    before = state()
    refused("import_wordpress", path, user=member.username)
    assert state() == before
    assert "no active user" in refused("import_wordpress", path, user="nobody")
    assert run("import_wordpress", path, user=superuser.username)["created"] == 1
    rye = page_at("/rye/")
    assert rye.owner == superuser
    assert Revision.objects.get(page=rye).author == superuser


def test_without_a_site_the_command_says_what_to_do(db: None, tmp_path: Path) -> None:
    path = write_wxr(tmp_path / "export.xml", [page(1)])
    assert "create_site" in refused("import_wordpress", path)


def test_where_to_import(root: Any, page_factory: Any, tmp_path: Path) -> None:
    other = services.create_site(hostname="other.example", title="Other")
    inner = page_factory("Inner", slug="inner")
    path = write_wxr(tmp_path / "export.xml", [page(1, "Rye", name="rye")])
    run("import_wordpress", path, parent=str(inner.pk))
    run("import_wordpress", path, site="other.example")
    found = get_page_model().objects.filter(slug="rye").values_list("path", "site_id")
    assert set(found) == {("/inner/rye/", root.site_id), ("/rye/", other.pk)}
    assert "no page at /nowhere/" in refused("import_wordpress", path, parent="/nowhere/")
    assert "no page with the id" in refused("import_wordpress", path, parent="999999")
    assert "no site" in refused("import_wordpress", path, site="nope.example")
    assert "not on the site" in refused("import_wordpress", path, parent=str(inner.pk), site="other.example")


@pytest.mark.parametrize("name", ["missing.xml", "."])
def test_a_file_that_is_none(root: Any, tmp_path: Path, name: str) -> None:
    assert "Nothing was imported" in refused("import_wordpress", tmp_path / name)


@pytest.mark.stress
def test_a_thousand_items_take_seconds(root: Any, tmp_path: Path) -> None:
    path = write_wxr(tmp_path / "export.xml", many_items(1_000))
    start = time.process_time()
    summary = run("import_wordpress", path)
    first = time.process_time() - start
    assert (summary["created"], summary["pages"], summary["posts"]) == (1_000, 100, 900)
    assert ImportedPage.objects.count() == 1_001
    assert not list(check_tree())
    start = time.process_time()
    assert run("import_wordpress", path)["unchanged"] == 1_000
    # About 3 s and 0.3 s on a free core. Of this process, so that a busy machine fails nothing.
    assert first < 40
    assert time.process_time() - start < 10


def test_addresses_of_other_routes_get_a_number_and_a_warning(import_wxr: Import) -> None:
    items = [page(1, "Admin", name="admin"), page(2, "Below", name="below", parent=1), page(3, "Rye", name="rye")]
    summary = import_wxr(items)
    assert [item["path"] for item in summary["items"]] == ["/admin-2/", "/admin-2/below/", "/rye/"]
    assert [(warning["item"], warning["message"]) for warning in summary["warnings"]] == [
        ("Admin", "Another part of the site answers at /admin/; the page is at /admin-2/.")
    ]
    assert summary["warnings"][0]["line"] > 1
    assert import_wxr(items)["unchanged"] == 3
    items[2].name = "health-check"
    summary = import_wxr(items)
    assert (summary["changed"], page_at("/health-check-2/").title) == (1, "Rye")
    assert "answers at /health-check/" in messages(summary)
    assert import_wxr(items)["unchanged"] == 3


def test_where_no_number_helps_nothing_is_imported(root: Any, tmp_path: Path, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.transfer.urls_of_a_shop"
    path = write_wxr(tmp_path / "export.xml", [page(1, "Rye", name="rye")])
    before = state()
    message = refused("import_wordpress", path)
    assert ("line 11" in message, "answers at /rye/" in message, state()) == (True, True, before), message

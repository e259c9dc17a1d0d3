"""HTML files: titles, the main part, links between the files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ai_cms.pages.treecheck import check_tree

from .conftest import messages, page_at, refused, run, state


@pytest.fixture
def site_files(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    (folder / "breads").mkdir(parents=True)
    (folder / "index.html").write_text(
        "<!doctype html><html><head><title>The bakery</title></head><body><nav><a href='x'>Menu</a></nav>"
        "<p>Welcome. <a href='breads/rye.html#crust'>Rye</a> <a href='breads/'>All</a></p><footer>Old footer</footer></body></html>"
    )
    (folder / "breads/index.html").write_text("<title>Breads – The bakery</title><h1>Breads</h1><p>All of them.</p>")
    (folder / "breads/rye.html").write_text(
        "<html><head><title>Rye &amp; Time | The bakery</title><meta name='description' content='About  rye'>"
        "<meta name='keywords' content='dark, sour, dark'><meta name='author' content='Ada'></head><body>"
        "<header>Banner</header><main>\n<h1>Rye &amp; Time</h1><p>Dark. <a href='../index.html'>Home</a></p>"
        "<script>alert(1)</script><object data='x.swf'></object></main><aside>Ads</aside></body></html>"
    )
    return folder


def test_files_of_a_folder(root: Any, site_files: Path, client: Any) -> None:
    summary = run("import_html", site_files)
    assert [(item["path"], item["title"]) for item in summary["items"]] == [
        ("/the-bakery/", "The bakery"),
        ("/breads/", "Breads"),
        ("/breads/rye/", "Rye & Time"),
    ]
    rye = page_at("/breads/rye/")
    assert rye.content_json.text().split("\n")[0].startswith("Dark.")
    assert "Banner" not in rye.content_json.text()
    assert "alert" not in rye.content_json.dumps()
    assert rye.seo_description == "About rye"
    assert rye.metadata == {"author": "Ada", "tags": ["dark", "sour"]}
    assert 'href="/the-bakery/"' in rye.content_json.blocks[0]["props"]["html"]
    home = page_at("/the-bakery/").content_json
    assert "Old footer" not in home.text()
    assert "Menu" not in home.text()
    assert 'href="/breads/rye/#crust"' in home.blocks[0]["props"]["html"]
    assert 'href="/breads/"' in home.blocks[0]["props"]["html"]
    assert client.get("/breads/rye/").status_code == 200
    assert not list(check_tree())
    before = state()
    assert run("import_html", site_files)["unchanged"] == 3
    assert state() == before


def test_single_files(root: Any, site_files: Path) -> None:
    summary = run("import_html", site_files / "breads/rye.html", site_files / "index.html")
    assert summary["pages"] == 2
    assert {item["path"] for item in summary["items"]} == {"/the-bakery/", "/breads/", "/breads/rye/"}


def test_warnings_name_file_and_line(root: Any, site_files: Path) -> None:
    (site_files / "breads/rye.html").write_text("<title>Rye</title>\n<main>\n<p>a</p>\n<script>x()</script></main>")
    summary = run("import_html", site_files)
    found = [warning for warning in summary["warnings"] if warning["item"] == "breads/rye.html"]
    assert found
    assert found[0]["line"] == 4, messages(summary)


@pytest.mark.parametrize(
    ("html", "title"),
    [
        ("<p>No title at all</p>", "My page"),
        ("<h1>Only <em>heading</em></h1>", "Only heading"),
        ("<title>Only title</title>", "Only title"),
        ("<title>One thing</title><h1>Another</h1>", "One thing"),
        ("<title>  </title>", "My page"),
    ],
)
def test_titles(root: Any, tmp_path: Path, html: str, title: str) -> None:
    (tmp_path / "my-page.html").write_text(html)
    run("import_html", tmp_path / "my-page.html")
    assert page_at("/my-page/").title == title


def test_what_is_refused(root: Any, tmp_path: Path) -> None:
    before = state()
    assert "no such file" in refused("import_html", tmp_path / "none.html")
    (tmp_path / "bad.html").write_bytes(b"<p>\n\xe9</p>")
    assert "bad.html, line 2" in refused("import_html", tmp_path / "bad.html")
    assert state() == before

"""Folders of Markdown files: the tree, front matter, links between files, and what is refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ai_cms.pages.models import Publication
from ai_cms.pages.treecheck import check_tree

from .conftest import messages, page_at, refused, run, state


def write(folder: Path, **files: str) -> Path:
    """Write files by name, where ``__`` stands for a slash and ``_md`` for ``.md``."""
    for name, text in files.items():
        target = folder / (name.removesuffix("_md").replace("__", "/") + ".md")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")
    return folder


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    return write(
        tmp_path / "docs",
        index_md="---\ntitle: Welcome\n---\nSee [rye](breads/rye.md), [how](guide/) and [out](https://x.example/).\n",
        breads__rye_md="---\ntitle: Rye\norder: 2\ntags: [dark, sour]\ndate: 2024-05-31\ndescription: All about rye\n"
        "author: Ada\nmood: warm\n---\nA *dark* loaf. [Up](../index.md), [spelt](01-spelt.md#crust).\n\n![Crust](img/crust.png)\n",
        breads__01_spelt_md="# Spelt bread\n\nA light loaf.\n",
        guide__index_md="# The guide\n\nStart here.\n",
        guide__deep__er__draft_md="---\ndraft: true\n---\n# Not yet\n",
    )


def rename(folder: Path, old: str, new: str) -> None:
    (folder / old).rename(folder / new)


def test_folders_are_the_tree(root: Any, docs: Path, client: Any) -> None:
    rename(docs, "breads/01_spelt.md", "breads/01-spelt.md")
    summary = run("import_markdown", docs)
    assert (summary["created"], summary["published"], summary["drafts"]) == (5, 4, 1)
    assert [(item["path"], item["title"], item["type"]) for item in summary["items"]] == [
        ("/welcome/", "Welcome", "page"),
        ("/breads/", "Breads", "container"),
        ("/breads/spelt/", "Spelt bread", "page"),
        ("/breads/rye/", "Rye", "page"),
        ("/guide/", "The guide", "page"),
        ("/guide/deep/", "Deep", "container"),
        ("/guide/deep/er/", "Er", "container"),
        ("/guide/deep/er/draft/", "Not yet", "page"),
    ]
    rye = page_at("/breads/rye/")
    assert rye.metadata == {
        "tags": ["dark", "sour"],
        "author": "Ada",
        "published_at": "2024-05-31T00:00:00+00:00",
        "front_matter": {"mood": "warm"},
    }
    assert rye.seo_description == "All about rye"
    html = rye.content_json.blocks[0]["props"]["html"]
    assert 'href="/welcome/"' in html
    assert 'href="/breads/spelt/#crust"' in html
    welcome = page_at("/welcome/").content_json.blocks[0]["props"]["html"]
    assert 'href="/breads/rye/"' in welcome
    assert 'href="/guide/"' in welcome
    assert 'href="https://x.example/"' in welcome
    assert "img/crust.png" in messages(summary)
    # The heading became the title; it is not there twice.
    assert [block["type"] for block in page_at("/breads/spelt/").content_json.blocks] == ["rich_text"]
    assert page_at("/breads/").content_json.blocks[0]["props"]["under"] == "/breads/"
    assert client.get("/breads/").status_code == 200
    assert client.get("/guide/deep/er/draft/").status_code == 404
    assert Publication.objects.get(page=rye).first_published_at.year == 2024
    assert not list(check_tree())


def test_the_second_run_changes_what_the_files_changed(root: Any, docs: Path) -> None:
    run("import_markdown", docs)
    before = state()
    assert run("import_markdown", docs)["unchanged"] == 5
    assert state() == before
    (docs / "guide/index.md").write_text("# The guide\n\nStart there.\n")
    (docs / "guide/next.md").write_text("# Next\n")
    summary = run("import_markdown", docs)
    assert (summary["created"], summary["changed"], summary["unchanged"]) == (1, 1, 4)
    assert "there" in page_at("/guide/").content_json.text()
    # The same files in another place are the same source while the folder has its name.
    docs.rename(docs.parent / "moved")
    assert run("import_markdown", docs.parent / "moved", source_name="docs")["unchanged"] == 6


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("---\ntitle: *x\n---\n", "line 2"),
        ("---\norder: first\n---\n", "order"),
        ("---\ndraft: maybe\n---\n", "draft"),
        ("---\ndate: soon\n---\n", "date"),
        ("---\ntitle: [a]\n---\n", "title"),
        ("---\ntags:\n  a: b\n---\n", "tags"),
        ("---\ntype: nothing\n---\nx", "page type"),
        ("a\x00b", "null character"),
    ],
)
def test_what_cannot_be_read_names_the_file(root: Any, tmp_path: Path, text: str, said: str) -> None:
    folder = write(tmp_path / "docs", fine_md="# Fine\n", bad_md=text)
    before = state()
    message = refused("import_markdown", folder)
    assert "bad.md" in message
    assert said in message
    assert state() == before


def test_bytes_that_are_no_text_name_file_and_line(root: Any, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", fine_md="# Fine\n")
    (folder / "bad.md").write_bytes(b"one\ntwo \xff\n")
    assert "bad.md, line 2: The file is not UTF-8." in refused("import_markdown", folder)


def test_a_file_that_is_too_large(root: Any, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", big_md="x" * 5_100_000)
    assert "larger than" in refused("import_markdown", folder)


def test_nothing_outside_of_the_folder_is_read(root: Any, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", fine_md="# Fine\n")
    secret = tmp_path / "secret.md"
    secret.write_text("# Secret")
    (folder / "link.md").symlink_to(secret)
    before = state()
    assert "outside" in refused("import_markdown", folder)
    (folder / "link.md").unlink()
    (folder / "away").symlink_to(tmp_path)
    assert "outside" in refused("import_markdown", folder)
    (folder / "away").unlink()
    (folder / "twin.md").symlink_to(folder / "fine.md")
    assert run("import_markdown", folder)["created"] == 2
    assert state() != before


def test_a_pipe_does_not_hang(root: Any, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", fine_md="# Fine\n")
    os.mkfifo(folder / "pipe.md")
    assert "ordinary" in refused("import_markdown", folder)


def test_folders_that_hold_nothing(root: Any, tmp_path: Path) -> None:
    assert "no such folder" in refused("import_markdown", tmp_path / "none")
    (tmp_path / "empty").mkdir()
    assert "nothing to import" in refused("import_markdown", tmp_path / "empty")


def test_hidden_files_are_left_out(root: Any, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", fine_md="# Fine\n")
    (folder / ".git").mkdir()
    (folder / ".git/config.md").write_text("# Config")
    (folder / ".hidden.md").write_text("# Hidden")
    assert run("import_markdown", folder)["pages"] == 1


def test_scripts_do_nothing(root: Any, tmp_path: Path, client: Any) -> None:
    folder = write(
        tmp_path / "docs",
        evil_md='---\ntitle: "<script>alert(1)</script>Bread"\ndescription: "<img src=x onerror=alert(2)>"\n'
        'tags: ["<svg onload=alert(3)>"]\nimage: "javascript:alert(4)"\n---\n'
        "<script>alert(5)</script>\n\n[x](javascript:alert(6)) <b onclick='alert(7)'>bold</b>\n",
    )
    summary = run("import_markdown", folder)
    page = page_at(summary["items"][0]["path"])
    assert page.title == "Bread"
    assert "image" not in page.metadata
    html = client.get(page.path).content.decode()
    assert "alert(5)" not in html
    assert "onclick=" not in html
    assert 'href="javascript:' not in html
    assert "<img src=x" not in html
    assert "<svg onload" not in html

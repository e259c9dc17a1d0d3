"""Folders of Markdown files: the tree, front matter, links between files, and what is refused."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.pages.models import Publication
from ai_cms.pages.services import publish_scheduled, schedule_page
from ai_cms.pages.treecheck import check_tree
from ai_cms.transfer import ImportRefused, importers, run_import

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


@pytest.mark.parametrize(
    ("front", "said", "public"),
    [
        ("order: first", "“order” is no number", True),
        ("draft: maybe", "“draft” is neither true nor false", False),
        ("date: soon", "“date” is no date", True),
        ("tags:\n  a: b", "“tags” is no list of words", True),
        ("type: docs", "“type” is no page type here", True),
        ('draft: "true"', "", False),
        ("draft: yes", "", False),
        ("published: false", "", False),
        ('weight: "3"', "", True),
        ("author: {name: Ada}", "", True),
        ("date: 2099-01-01", "it was to appear on 2099-01-01", False),
        ("publishDate: 2099-01-01", "it was to appear on 2099-01-01", False),
        ("date:\n  created: 2099-01-01", "it was to appear on 2099-01-01", False),
        ("date: {Created: 2099-01-01, updated: 2098-01-01}", "it was to appear on 2099-01-01", False),
        ("date:\n  created: 2021-01-01\n  updated: 2099-01-01", "", True),
        ("date:\n  created: soon", "“date” is no date", True),
        ("date:\n  updated: 2021-01-01", "“date” is no date", True),
        ("publish_date: 2099-01-01", "it was to appear on 2099-01-01", False),
        ("visibility: private", "its visibility is “private”", False),
        ("expiry_date: 2021-01-01", "it expired on 2021-01-01", False),
        ("expiryDate: 2021-01-01", "it expired on 2021-01-01", False),
        ("status: draft", "its status is “draft”", False),
        ("Status: hidden", "its status is “hidden”", False),
        ("status: skip", "its status is “skip”", False),
        ("unpublishDate: 2021-01-01", "it expired on 2021-01-01", False),
        ("build: {render: never}", "its build options say “render: never”", False),
        ("_build:\n  render: false", "its build options say “render: false”", False),
        ("build: {render: link}", "its build options say “render: link”", False),
        ("build: {list: never}", "its build options say “list: never”", False),
        ("build: {list: local, publishResources: false}", "its build options say “list: local”", False),
        ("build: {render: always, list: always}", "", True),
        ("headless: true", "it is headless", False),
        ("unlisted: true", "it is marked as unlisted", False),
        ("hidden: true", "it is marked as hidden", False),
        ("hidden: false", "", True),
        ("private: true", "it is marked as private", False),
        ("permalink: false", "its permalink is false", False),
        ("permalink: /b/", "", True),
        ("eleventyExcludeFromCollections: true", "out of all lists", False),
        ("eleventyExcludeFromCollections: [posts]", "", True),
        ("render: false", "it is not rendered", False),
        ("routable: false", "it has no address", False),
    ],
)
def test_values_of_front_matter(root: Any, tmp_path: Path, front: str, said: str, public: bool) -> None:
    """A value of another kind holds no import up: generators accept all of these."""
    summary = run("import_markdown", write(tmp_path / "docs", a_md=f"---\ntitle: A\n{front}\n---\nText"))
    assert said in messages(summary)
    assert bool(messages(summary)) == bool(said)
    assert page_at("/a/").live == public


def test_of_several_dates_the_first_is_the_pages(root: Any, tmp_path: Path) -> None:
    front = "---\ntitle: A\ndate:\n  created: 2021-02-03\n  updated: 2022-01-01\n---\nText"
    folder = write(tmp_path / "docs", a_md=front, b_md=front.replace("2021-02-03", "2999-02-03"))
    run("import_markdown", folder)
    page, later = page_at("/a/"), page_at("/b/")
    assert page.metadata["published_at"] == datetime(2021, 2, 3, tzinfo=UTC).isoformat()
    assert page.metadata["front_matter"]["date"] == {"created": "2021-02-03", "updated": "2022-01-01"}
    assert (later.live, later.go_live_at) == (False, datetime(2999, 2, 3, tzinfo=UTC))


def test_all_problems_are_said_at_once(root: Any, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", a_md="---\na: [\n---\n", b_md="---\nb: c: d\n---\n", c_md="# Fine\n")
    message = refused("import_markdown", folder)
    assert "2 files cannot be read" in message
    assert "a.md, line 3" in message
    assert "b.md, line 2" in message
    summary = run("import_markdown", folder, skip_unreadable=True)
    assert summary["pages"] == 1
    assert messages(summary).count("The file was left out") == 2


def test_a_refusal_names_every_file_for_programs(root: Any, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", a_md="---\na: [1\n---\nx", b_md="---\na: 'x\n---\nx", c_md="# C")
    with pytest.raises(ImportRefused) as caught:
        run_import(importers["markdown"](folder), parent=root, actor=Actor.system())
    assert [problem.source for problem in caught.value.others] == ["a.md", "b.md"]


def test_a_folder_of_drafts_is_no_public_page(root: Any, tmp_path: Path) -> None:
    folder = write(tmp_path / "d", _drafts__a_md="# A", deep__in__b_md="# B", wip__c_md="---\ndraft: true\n---\n# C")
    run("import_markdown", folder)
    paths = ("/drafts/", "/drafts/a/", "/deep/", "/deep/in/", "/wip/")
    assert [page_at(path).live for path in paths] == [False, False, True, True, False]
    write(folder, wip__c_md="# C")
    run("import_markdown", folder)
    assert page_at("/wip/").live
    assert page_at("/wip/c/").live


def test_what_a_menu_says_besides_stays_in_the_metadata(root: Any, tmp_path: Path) -> None:
    run("import_markdown", write(tmp_path / "d", a_md="---\nmenu:\n  main:\n    name: Our bread\n---\nx"))
    page = page_at("/a/")
    assert page.in_menus
    assert page.metadata["front_matter"] == {"menu": {"main": {"name": "Our bread"}}}


@pytest.mark.parametrize(
    ("config", "name", "read"),
    [
        ("hugo.toml", "content/docs/resources/a.md", True),
        ("hugo.toml", "content/public/a.md", True),
        ("hugo.toml", "resources/a.md", False),
        ("mkdocs.yml", "docs/site/a.md", True),
        ("_config.yml", "guides/vendor/a.md", True),
        ("_config.yml", "vendor/a.md", False),
        ("_config.yml", "guides/_includes/a.md", False),
        ("pelicanconf.py", "theme/a.md", False),
        ("pelicanconf.py", "bread/theme/a.md", True),
    ],
)
def test_folders_called_like_those_of_a_generator(
    root: Any, tmp_path: Path, config: str, name: str, read: bool
) -> None:
    folder = tmp_path / "site"
    beside = {"hugo.toml": "" if name.startswith("resources") else "content/", "mkdocs.yml": "docs/"}.get(config, "")
    for path, text in {config: "", name: "Rye.", f"{beside}fine.md": "Fine."}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    summary = run("import_markdown", folder)
    assert summary["created"] == 1 + read


def test_pages_that_are_no_markdown_are_counted(root: Any, tmp_path: Path) -> None:
    folder = write(tmp_path / "docs", fine_md="# Fine\n", b__fine_md="Fine.")
    others = {
        "a.html": "---\ntitle: A\n---\n<p>A</p>",
        "layout.html": "<p>A</p>",
        "b/c.rst": "C",
        "b/d.htm": "+++\n+++",
    }
    for name, text in others.items():
        (folder / name).write_text(text, "utf-8")
    said = messages(run("import_markdown", folder))
    assert "Pages that are no Markdown were left out: 1 .htm, 1 .html, 1 .rst." in said


def test_one_warning_for_one_thing(root: Any, tmp_path: Path) -> None:
    text = 'Bread.\n\n{{% include "rye.md" %}}\n\n[[_TOC_]]\n'
    summary = run("import_markdown", write(tmp_path / "docs", a_md=text))
    assert len(summary["warnings"]) == 2
    assert "a shortcode of Hugo" in messages(summary)
    assert "a table of contents" in messages(summary)


def test_folders_of_drafts_stay_back(root: Any, tmp_path: Path) -> None:
    summary = run("import_markdown", write(tmp_path / "site", _drafts__secret_md="# Secret\n", about_md="# About\n"))
    assert not any(page.live for page in root.get_descendants() if page.title == "Secret")
    assert "it is in a folder of drafts" in messages(summary)


def test_pages_of_folders_are_counted(root: Any, tmp_path: Path) -> None:
    summary = run("import_markdown", write(tmp_path / "docs", a__b__c_md="# C\n", d_md="# D\n"))
    assert (summary["pages"], summary["containers"]) == (2, 2)
    assert root.get_descendants().count() == 4


def test_links_in_and_between_files(root: Any, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "docs",
        a_md="# A\n\n[Usage](#how-to-use-it) [b](b.md#über-c--co) [gone](nope.md)\n\n## How to use it\n\nNote[^1].\n\n[^1]: word\n",
        b_md="# B\n\n## Über C++ & Co.\n\n## [1.2.0](https://e.example/)\n",
    )
    summary = run("import_markdown", folder)
    blocks = page_at("/a/").content_json.blocks
    assert 'href="/b/#%C3%BCber-c--co"' in blocks[0]["props"]["html"]
    assert blocks[1]["props"]["anchor"] == "how-to-use-it"
    assert '<li id="fn1"><p>word <a href="#fnref1">' in blocks[-1]["props"]["html"]
    headings = [block["props"] for block in page_at("/b/").content_json.blocks]
    assert headings[0]["anchor"] == "über-c--co"
    assert (headings[1]["text"], headings[1]["link"]) == ("1.2.0", "https://e.example/")
    assert "The link to 'nope.md' leads to no file" in messages(summary)


@pytest.mark.parametrize(
    ("config", "name", "text", "old", "path"),
    [
        ("_config.yml=permalink: /:categories/:year/:month/:day/:title:output_ext", "_posts/2024-03-01-rye.md", "---\ncategories: bread\n---\nx", "/bread/2024/03/01/rye.html", "/posts/rye/"),
        ("_config.yml=permalink: ordinal", "_posts/2024-03-01-rye.md", "x", "/2024/061/rye.html", "/posts/rye/"),
        ("_config.yml=permalink: /:year_:month/:title/", "_posts/2024-03-01-rye.md", "x", "/2024_03/rye/", "/posts/rye/"),
        ('hugo.toml=[permalinks]\nposts = "/:year/:month/:slug/"', "content/posts/a.md", "---\ntitle: My Rye\ndate: 2024-03-01\n---\nx", "/2024/03/my-rye/", "/posts/a/"),
        ("hugo.yaml=permalinks:\n  page:\n    posts: /:section/:slugorfilename/x/", "content/posts/a.md", "x", "/posts/a/x/", "/posts/a/"),
        ("_config.yml", "_posts/2024-03-01-Hello World.md", "---\ncategories: [News Items]\n---\nx", "/news%20items/2024/03/01/Hello-World.html", "/posts/hello-world/"),
        ("hugo.toml", "content/posts/My_File.Name.md", "x", "/posts/my_file.name/", "/posts/my_filename/"),
        ("hugo.toml", "content/posts/a.md", "---\nurl: /x/y.html\n---\nx", "/x/y.html", "/posts/a/"),
        ("hugo.toml", "content/posts/a.md", "---\naliases: [/old/]\n---\nx", "/old/", "/posts/a/"),
        ("mkdocs.yml", "docs/a/b.md", "x", "/a/b.html", "/a/b/"),
        ("pelicanconf.py", "content/a/b.md", "Title: Good Bread\nDate: 2024-03-01\n\nx", "/good-bread.html", "/a/b/"),
        (".eleventy.js", "posts/a.md", "---\npermalink: /z/\n---\nx", "/z/", "/posts/a/"),
    ],
)  # fmt: skip
def test_addresses_of_generators_lead_to_the_pages(
    root: Any, tmp_path: Path, client: Any, config: str, name: str, text: str, old: str, path: str
) -> None:
    (tmp_path / "site").mkdir()
    config, _, settings = config.partition("=")
    (tmp_path / "site" / config).write_text(settings)
    write(tmp_path / "site", **{name.removesuffix(".md").replace("/", "__") + "_md": text})
    if " " in name or "_posts" in name:
        target = tmp_path / "site" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    run("import_markdown", tmp_path / "site")
    assert page_at(path).title
    answer = client.get(old)
    assert (answer.status_code, answer.headers["Location"]) == (301, path)


@pytest.mark.parametrize(
    ("config", "public"),
    [("_config.yml", False), ("hugo.toml", False), (".eleventy.js", True), ("pelicanconf.py", True)],
)
def test_what_is_to_come_follows_the_generator(root: Any, tmp_path: Path, config: str, public: bool) -> None:
    folder = write(tmp_path / "site", a_md="---\ntitle: A\ndate: 2099-01-01\n---\nx")
    (folder / config).write_text("")
    run("import_markdown", folder)
    assert page_at("/a/").live == public


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("H~2~O", "a subscript or superscript"),
        ("x^2^ is", "a subscript or superscript"),
        ("Say $x + y$ now", "a formula"),
        ("$$x^2$$", "a formula"),
        ("%% hidden %%", "a comment of Obsidian"),
        ("*[HTML]: Hypertext", "an abbreviation"),
        ("Term\n: said of it", "a definition list"),
        # What only looks like it.
        ("It costs $5 to $10, or US$ 7.", ""),
        ("~~struck~~ and ~/bin and a~b", ""),
        ("50% of it, 2^10 and a ^ b", ""),
        ("`H~2~O` and `$x$`", ""),
    ],
)
def test_what_is_no_markdown_here_is_named(root: Any, tmp_path: Path, text: str, said: str) -> None:
    summary = run("import_markdown", write(tmp_path / "docs", a_md=f"# A\n\n{text}\n"))
    assert said in messages(summary)
    assert bool(messages(summary)) == bool(said)


def test_markup_of_generators_is_named(root: Any, tmp_path: Path) -> None:
    text = (
        '---\ntitle: A\n---\n{{< youtube abc >}} and :smile:\n\n!!! note "Mind"\n    The oven.\n\n:::tip\nSlow.\n:::\n\n'
        "> [!WARNING]\n> Hot.\n\n```\n:::kept\n{{ kept }}\n```\n\n- [x] done\n\nText\n{: .lead}\n"
    )
    folder = write(tmp_path / "docs", a_md=text)
    (folder / "b.mdx").write_text("# B\n")
    said = messages(run("import_markdown", folder))
    assert "4 a.md: There is a shortcode of Hugo" in said
    assert "4 a.md: There is an emoji code" in said
    assert "Attributes of kramdown" in said
    assert "1 .mdx files" in said
    assert "template" not in said
    blocks = page_at("/a/").content_json.blocks
    quotes = [block["props"]["text"] for block in blocks if block["type"] == "quote"]
    assert [
        "<strong>Mind</strong>" in quotes[0],
        "<strong>Tip</strong>" in quotes[1],
        "<strong>Warning</strong>" in quotes[2],
    ] == [True] * 3
    assert "The oven." in quotes[0]
    assert ":::kept\n{{ kept }}" in next(block["props"]["code"] for block in blocks if block["type"] == "code")
    assert any('data-checked="true"' in str(block) for block in blocks)


def test_an_expiry_and_an_embargo_to_come_are_set(root: Any, tmp_path: Path) -> None:
    write(
        tmp_path / "d",
        a_md="---\ntitle: Fair\nexpiryDate: 2999-01-31\n---\nCome.\n",
        b_md="---\ntitle: Later\npublishDate: 2999-01-01\nexpiryDate: 2999-01-31\n---\nCome.\n",
        c_md="---\ntitle: Never\npublishDate: 2999-01-01\ndraft: true\n---\nNo.\n",
    )
    summary = run("import_markdown", tmp_path / "d")
    assert "It is a draft that goes live then, for it was to appear on 2999-01-01 00:00 UTC." in messages(summary)
    fair, later, never = page_at("/a/"), page_at("/b/"), page_at("/c/")
    end = datetime(2999, 1, 31, tzinfo=UTC)
    assert (fair.live, fair.go_live_at, fair.expire_at) == (True, None, end)
    assert (later.live, later.go_live_at, later.expire_at) == (False, datetime(2999, 1, 1, tzinfo=UTC), end)
    assert (never.live, never.go_live_at) == (False, None)
    assert run("import_markdown", tmp_path / "d")["unchanged"] == 3


def test_an_expiry_to_come_is_the_end_of_the_pages_schedule(root: Any, tmp_path: Path, system: Any) -> None:
    def fair(front: str) -> str:
        return f"---\ntitle: Fair\n{front}\n---\nCome.\n"

    folder = write(
        tmp_path / "d", a_md=fair("expiryDate: 2999-01-31"), b_md=fair("unpublishDate: 2998-02-01\ndraft: true")
    )
    assert messages(run("import_markdown", folder)) == ""
    page, draft = page_at("/a/"), page_at("/b/")
    end = datetime(2999, 1, 31, tzinfo=UTC)
    assert (page.live, page.expire_at, page.metadata["expires_at"]) == (True, end, end.isoformat())
    assert (draft.live, draft.expire_at) == (False, datetime(2998, 2, 1, tzinfo=UTC))
    assert Publication.objects.get(page=page).expire_at == end
    assert publish_scheduled(end)["expired"] == [page.pk]

    # A new date is followed, and so is that there is none any more; what people have set is theirs.
    write(folder, b_md=fair("expiryDate: 2997-02-01"))
    run("import_markdown", folder)
    assert page_at("/b/").expire_at == datetime(2997, 2, 1, tzinfo=UTC)
    write(folder, b_md=fair("order: 1"))
    run("import_markdown", folder)
    assert page_at("/b/").expire_at is None
    schedule_page(page_at("/b/"), actor=system, expire_at=end)
    write(folder, b_md=fair("expiryDate: 2996-02-01"))
    run("import_markdown", folder)
    assert page_at("/b/").expire_at == end


def test_links_of_pelican_lead_to_the_pages(root: Any, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    write(
        folder,
        content__breads__rye_md="Title: Rye\n\nSee [spelt]({filename}spelt.md#crust), [home](|filename|/about.md) and "
        "[gone]({filename}/gone.md). ![Crust]({static}/images/crust.png)\n",
        content__breads__spelt_md="Title: Spelt\n\nLight.\n",
        content__about_md="Title: About\n\nWe bake.\n",
    )
    (folder / "pelicanconf.py").write_text("", "utf-8")
    summary = run("import_markdown", folder)
    html = " ".join(str(block["props"]) for block in page_at("/breads/rye/").content_json.blocks)
    assert 'href="/breads/spelt/#crust"' in html
    assert 'href="/about/"' in html
    assert 'src="/images/crust.png"' in html
    assert "gone.md" in messages(summary)


def test_bare_addresses_are_links(root: Any, tmp_path: Path) -> None:
    write(tmp_path / "d", a_md="# Out\n\nSee https://x.example/a_b_c(d). `https://code.example`\n")
    run("import_markdown", tmp_path / "d")
    html = page_at("/a/").content_json.blocks[0]["props"]["html"]
    assert html == (
        '<p>See <a href="https://x.example/a_b_c(d)">https://x.example/a_b_c(d)</a>. <code>https://code.example</code></p>'
    )


def test_references_of_mkdocstrings_and_containers_never_closed_take_nothing_with_them(
    root: Any, tmp_path: Path
) -> None:
    text = "# A\n\n::: shop.bread.Rye\n    options: x\n\nBetween.\n\n:::note[Mind]\n::: shop.Oven\n:::\n\n:::tip\n\nThe end.\n"
    said = messages(run("import_markdown", write(tmp_path / "docs", a_md=text)))
    blocks = page_at("/a/").content_json.blocks
    assert [(block["type"], *block["props"].values()) for block in blocks] == [
        ("rich_text", "<p>::: shop.bread.Rye\noptions: x</p><p>Between.</p>"),
        ("quote", "<p><strong>Mind</strong>\n::: shop.Oven</p>"),
        ("rich_text", "<p>:::tip</p><p>The end.</p>"),
    ]
    assert "There is a container of a generator, :::" in said


def test_tags_of_generators_stay_in_code_and_away_from_addresses(root: Any, tmp_path: Path) -> None:
    text = (
        '# A\n\n`{{ site.url }}` and `{{< ref "x" >}}` and {{ site.baseurl }} stay, '
        "[y]({{ site.url }}{{ site.baseurl }}/y) does not.\n"
    )
    said = messages(run("import_markdown", write(tmp_path / "docs", a_md=text)))
    assert page_at("/a/").content_json.blocks[0]["props"]["html"] == (
        '<p><code>{{ site.url }}</code> and <code>{{&lt; ref "x" &gt;}}</code> and {{ site.baseurl }} stay, '
        '<a href="/y">y</a> does not.</p>'
    )
    assert "a value of a template language, {{ … }} (once)" in said


def test_the_bar_of_a_wiki_link_parts_no_cells(root: Any, tmp_path: Path) -> None:
    text = "# A\n\n| a | b |\n|---|---|\n| [[x|y]] z | 1 |\n| [[x\\|y]] | `[[x` |\n\n[[x|y]]\n"
    run("import_markdown", write(tmp_path / "docs", a_md=text))
    blocks = page_at("/a/").content_json.blocks
    assert blocks[0]["props"]["rows"] == [["a", "b"], ["[[x|y]] z", "1"], ["[[x|y]]", "<code>[[x</code>"]]
    assert blocks[1]["props"]["html"] == "<p>[[x|y]]</p>"

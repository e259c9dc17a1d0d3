"""What generators of static sites keep from the public by their configuration, as tabled from running them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ai_cms.transfer.folders.habits.patterns import matches

from .conftest import run

HUGO = {
    "hugo.toml": "",
    "content/a.md": "# A",
    "content/s/_index.md": "---\ncascade: {build: {list: never}}\n---\n# S",
    "content/s/t/b.md": "# B",
    "content/s/c.md": "---\nbuild: {list: always}\n---\n# C",
}
JEKYLL = {
    "_config.yml": "collections:\n  pages: {output: true}\n  data: {}\nexclude: [notes/, '*.draft.md']\n",
    "a.md": "# A",
    "_pages/b.md": "# B",
    "_other/c.md": "# C",
    "notes/d.md": "# D",
    "e.draft.md": "# E",
}
ELEVENTY = {
    ".eleventy.js": "",
    "a.md": "# A",
    "posts/posts.json": '{"permalink": false}',
    "posts/b.md": "# B",
    "posts/c.md": "---\npermalink: /c/\n---\n# C",
    "wide/wide.11tydata.json": '{"eleventyExcludeFromCollections": true}',
    "wide/d.md": "# D",
}
MKDOCS = {
    "mkdocs.yml": "theme: {name: !ENV THEME}\ndraft_docs: |\n  wip/\n  !kept.md\nexclude_docs: '*.inc.md'\n",
    "docs/a.md": "# A",
    "docs/wip/b.md": "# B",
    "docs/wip/kept.md": "# Kept",
    "docs/x.inc.md": "# X",
}
PELICAN = {
    "pelicanconf.py": "",
    "content/a.md": "Title: A\nStatus: hidden\n\nText",
    "content/b.md": "Title: B\nDate: 2020-05-01\n\nText",
    "content/c.md": "Title: C\nstatus: skip\n\nText",
}
HEXO = {
    "_config.yml": "new_post_name: x\n",
    "source/_posts/a.md": "---\npublished: false\n---\n# A",
    "source/_posts/b.md": "# B",
}


@pytest.mark.parametrize(
    ("files", "held", "said"),
    [
        (HUGO, {"S", "B"}, "its build options say “list: never”"),
        (JEKYLL, {"C", "D", "E"}, "“exclude” in the configuration names it"),
        (ELEVENTY, {"B", "D"}, "its permalink is false: it has no address"),
        (MKDOCS, {"B", "X"}, "“draft_docs” in the configuration names it"),
        (PELICAN, {"A", "C"}, "its status is “hidden”"),
        (HEXO, {"A"}, ""),
    ],
    ids=["hugo", "jekyll", "eleventy", "mkdocs", "pelican", "hexo"],
)
def test_what_a_generator_keeps_from_the_public_stays_there(
    root: Any, tmp_path: Path, files: dict[str, str], held: set[str], said: str
) -> None:
    for name, text in files.items():
        path = tmp_path / "d" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    summary = run("import_markdown", tmp_path / "d")
    pages = [item for item in summary["items"] if item["type"] != "container"]
    assert {item["title"] for item in pages if not item["published"]} == held
    told = [notice["message"] for notice in summary["warnings"] if "It is a draft now" in notice["message"]]
    # What is marked as a draft in so many words needs none.
    assert len(told) == (len(held) if said else 0)
    assert any(said in message for message in told) or not said


@pytest.mark.parametrize(
    ("name", "patterns", "found"),
    [
        ("a/b.md", ["a/"], True),
        ("x/a/b.md", ["a/"], True),
        ("x/a/b.md", ["/a/"], False),
        ("a.md", ["a/"], False),
        ("a.md", ["*.md", "!a.md"], False),
        ("x/y/a.md", ["x/**/a.md"], True),
        ("x/a.md", ["x/**/a.md"], True),
        ("x/y.md", ["x/*.md"], True),
        ("x/z/y.md", ["x/*.md"], False),
        ("x/z/y.md", ["x/**"], True),
        ("a.md", ["# a.md", "", "?.md"], True),
        ("a+b.md", ["a+b.md"], True),
    ],
)
def test_patterns_of_file_names(name: str, patterns: list[str], found: bool) -> None:
    assert matches(name, patterns) is found

"""The front matter of Markdown files: what is read, and what is refused with its line."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.transfer.exceptions import ImportRefused
from ai_cms.transfer.folders.front_matter import split_front_matter

YAML = """---
title: "Rye: a \\"slow\\" bread"
single: 'It''s ready'
plain: Dark rye # not this
url: https://bakery.example/#crust
count: 12
weight: -1.5
draft: false
nothing: null
empty:
date: 2024-05-31
moment: 2024-05-31T08:30:00+02:00
spaced: 2024-05-31 08:30:00
tags: [rye, "sour, dough", 'x', 3]
categories:
  - Grain
  - "Flour: fine"
menu:
  main: true
  name: Breads
list:
- a
- b
---
# Body
"""


def test_yaml() -> None:
    values, body, line = split_front_matter(YAML)
    assert values == {
        "title": 'Rye: a "slow" bread',
        "single": "It's ready",
        "plain": "Dark rye",
        "url": "https://bakery.example/#crust",
        "count": 12,
        "weight": -1.5,
        "draft": False,
        "nothing": None,
        "empty": None,
        "date": datetime.date(2024, 5, 31),
        "moment": datetime.datetime(2024, 5, 31, 8, 30, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
        "spaced": datetime.datetime(2024, 5, 31, 8, 30),
        "tags": ["rye", "sour, dough", "x", 3],
        "categories": ["Grain", "Flour: fine"],
        "menu": {"main": True, "name": "Breads"},
        "list": ["a", "b"],
    }
    assert body == "# Body\n"
    assert YAML.split("\n")[line - 1] == "# Body"


def test_toml() -> None:
    values, body, line = split_front_matter(
        '+++\ntitle = "Rye"\ntags = ["a"]\ndate = 2024-05-31\n[extra]\nx = 1\n+++\nBody'
    )
    assert values == {"title": "Rye", "tags": ["a"], "date": datetime.date(2024, 5, 31), "extra": {"x": 1}}
    assert (body, line) == ("Body", 8)


@pytest.mark.parametrize("text", ["", "Body\n---\nmore", "---\n\nA rule above.", "# Title\n", "--- not a mark\n---\n"])
def test_texts_without(text: str) -> None:
    assert split_front_matter(text) == ({}, text, 1)


def test_line_ends_and_marks_of_byte_order() -> None:
    values, body, _line = split_front_matter("\ufeff---\r\ntitle: Rye\r\n---\r\nBody")
    assert (values, body) == ({"title": "Rye"}, "Body")


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ("title: Rye", 1),  # no end
        ("title: Rye\ntitle: Spelt\n---", 3),
        ("just words\n---", 2),
        ("title: *alias\n---", 2),
        ("title: &anchor x\n---", 2),
        ("title: !!python/object x\n---", 2),
        ("title: |\n  block\n---", 2),
        ("title: >\n  block\n---", 2),
        ("title: {a: b}\n---", 2),
        ("title: @x\n---", 2),
        ('title: "open\n---', 2),
        ("title: 'open\n---", 2),
        ('title: "a" b\n---', 2),
        ('title: "\\q"\n---', 2),
        ('title: "\\uD800"\n---', 2),
        ("title: a: b\n---", 2),
        ("tags: [a\n---", 2),
        ("tags: [[a]]\n---", 2),
        ("tags:\n\t- a\n---", 3),
        ("tags:\n  - a: b\n---", 3),
        ("tags:\n  - a\n   - b\n---", 4),
        ("menu:\n  main:\n    deep: 1\n---", 4),
        ("  title: x\n---", 2),
        ("date: 2024-13-45\n---", 2),
    ],
)
def test_what_is_not_understood_is_refused_with_its_line(lines: str, line: int) -> None:
    with pytest.raises(ImportRefused) as caught:
        split_front_matter(f"---\n{lines}\nBody", source="rye.md")
    assert caught.value.source == "rye.md"
    assert caught.value.line == line


def test_broken_toml_is_refused() -> None:
    with pytest.raises(ImportRefused, match=r"rye\.md, line 3"):
        split_front_matter("+++\na = 1\nb = \n+++\n", source="rye.md")


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    for mark in ("---", "+++"):
        try:
            values, _body, line = split_front_matter(f"{mark}\n{text}\n{mark}\nBody")
        except ImportRefused as error:
            assert error.line is not None
        else:
            assert isinstance(values, dict)
            assert line >= 1


@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.text(min_size=1, max_size=40), max_size=5))
def test_quoted_texts_come_back(values: dict[str, str]) -> None:
    single = {key: "".join(char for char in text if char.isprintable()) for key, text in values.items()}
    lines = "\n".join(f"{key}: '{text.replace(chr(39), chr(39) * 2)}'" for key, text in single.items())
    assert split_front_matter(f"---\n{lines}\n---\n")[0] == single

"""The front matter of Markdown files: what is read, and what is refused with its line."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.transfer.exceptions import ImportRefused
from ai_cms.transfer.folders.fields import read_moment
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


@pytest.mark.parametrize(
    ("head", "values"),
    [
        ("authors:\n- ada\t \t\ntitle: Rye", {"authors": ["ada"], "title": "Rye"}),
        ("title:\tRye\nlist:\n-\tcrust\n- crumb", {"title": "Rye", "list": ["crust", "crumb"]}),
        ("title: Rye\t# dark\n\t\nsize: 2", {"title": "Rye", "size": 2}),
        ('plain: "a\tb"\ntext: |\n  a\tb', {"plain": "a\tb", "text": "a\tb\n"}),
    ],
)
def test_tabs_where_yaml_has_them(head: str, values: dict[str, Any]) -> None:
    assert split_front_matter(f"---\n{head}\n---\nx")[0] == values


def test_tabs_that_indent_are_refused() -> None:
    with pytest.raises(ImportRefused) as caught:
        split_front_matter("---\ntitle: Rye\nmenu:\n\tmain: 1\n---\nx")
    assert caught.value.line == 4


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
        # As they are written: which moment they mean depends on who reads them.
        "date": "2024-05-31",
        "moment": "2024-05-31T08:30:00+02:00",
        "spaced": "2024-05-31 08:30:00",
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
    assert values == {"title": "Rye", "tags": ["a"], "date": "2024-05-31", "extra": {"x": 1}}
    assert (body, line) == ("Body", 8)


@pytest.mark.parametrize("text", ["", "Body\n---\nmore", "---\n\nA rule above.", "# Title\n", "--- not a mark\n---\n"])
def test_texts_without(text: str) -> None:
    assert split_front_matter(text) == ({}, text, 1)


def test_line_ends_and_marks_of_byte_order() -> None:
    values, body, _line = split_front_matter("\ufeff---\r\ntitle: Rye\r\n---\r\nBody")
    assert (values, body) == ({"title": "Rye"}, "Body")


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        ("menu:\n  main:\n    weight: 3", {"menu": {"main": {"weight": 3}}}),
        ('excerpt: "one\n  two"', {"excerpt": "one two"}),
        ("excerpt: >\n  one\n  two", {"excerpt": "one two\n"}),
        ("excerpt: |\n  one\n  two", {"excerpt": "one\ntwo\n"}),
        ("image: {src: a.png}", {"image": {"src": "a.png"}}),
        ("links:\n  - rel: a\n    href: /a", {"links": [{"rel": "a", "href": "/a"}]}),
        ("tags: [a,\n  b]", {"tags": ["a", "b"]}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
        ("date: May 5, 2020", {"date": "May 5, 2020"}),
        ("at: 12:30\nok: yes\nno: NO\noct: 0777\nbig: 1_000", {"at": "12:30", "ok": "yes", "no": "NO", "oct": "0777", "big": "1_000"}),
        ("2024: x\ntrue: y", {"2024": "x", "True": "y"}),
        ("x: .nan\ny: 1.5", {"x": ".nan", "y": 1.5}),
        ("title: a\ntitle: b", {"title": "b"}),
    ],
)  # fmt: skip
def test_all_of_yaml_is_read(lines: str, values: dict[str, Any]) -> None:
    assert split_front_matter(f"---\n{lines}\n---\nBody")[0] == values


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        ("title: Rye", 1),  # no end
        ("just words\n---", 2),
        ("- a\n- b\n---", 2),
        ("title: *alias\n---", 2),
        ("title: !!python/object x\n---", 2),
        ("title: @x\n---", 2),
        ('title: "open\n---', 3),
        ('title: "a" b\n---', 2),
        ('title: "\\q"\n---', 2),
        ("x: 1\ntitle: a: b\n---", 3),
        ("tags: [a\n---", 3),
        ("tags:\n\t- a\n---", 3),
        (f"a: {'[' * 2000}\n---", 2),
        ("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"
         "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d,*d,*d,*d,*d]\n---", 2),
        ("a: &a [*a]\n---", 2),
        ("\x00: 1\n---", 2),
    ],
)  # fmt: skip
def test_what_is_no_yaml_is_refused_with_its_line(lines: str, line: int) -> None:
    with pytest.raises(ImportRefused) as caught:
        split_front_matter(f"---\n{lines}\nBody", source="rye.md")
    assert caught.value.source == "rye.md"
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-05-31", "2024-05-31T00:00:00+00:00"),
        ("2020-1-2", "2020-01-02T00:00:00+00:00"),
        ("2024-03-01 10:00:00", "2024-03-01T10:00:00+00:00"),
        ("2024-03-01 23:30:00 -0500", "2024-03-02T04:30:00+00:00"),
        ("2024-03-01T02:00+02:00", "2024-03-01T00:00:00+00:00"),
        ("2024-03-01 23:30:00 -5", "2024-03-02T04:30:00+00:00"),
        ("2024-03-01T02:00:00+02", "2024-03-01T00:00:00+00:00"),
        ("2024-03-01 02:00:00 -0:30", "2024-03-01T02:30:00+00:00"),
        ("May 5, 2020", "2020-05-05T00:00:00+00:00"),
        ("5 May 2020", "2020-05-05T00:00:00+00:00"),
        ("Tue, 05 May 2020 10:00:00 GMT", "2020-05-05T10:00:00+00:00"),
        ("2024-02-30", None),
        ("2024", None),
        ("soon", None),
        ("12:30", None),
        ("Last Modified", None),
        ("9999-12-31T23:59:59-14:00", None),
    ],
)
def test_moments(text: str, moment: str | None) -> None:
    found = read_moment(text, datetime.UTC)
    assert (found.isoformat() if found else None) == moment


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


def test_a_key_that_stands_there_twice_is_said() -> None:
    said: list[tuple[int, str]] = []
    text = "---\ntitle: A\nmenu: &m {main: 1, main: 2}\nother: {<<: *m, main: 3}\ntitle: B\n---\nText"
    values, _rest, _line = split_front_matter(text, warn=lambda line, message: said.append((line, message)))
    assert values == {"title": "B", "menu": {"main": 2}, "other": {"main": 3}}
    assert sorted((line, message.partition(" ")[0]) for line, message in said) == [(3, "“main”"), (5, "“title”")]
    assert split_front_matter(text)[0] == values

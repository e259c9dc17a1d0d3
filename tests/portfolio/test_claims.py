"""Nothing gets through that the sources do not say."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.portfolio.resumes.changes import apply_changes, content_digest, judge, list_places, text_places
from ai_cms.portfolio.resumes.claims import unsupported, words_of
from ai_cms.portfolio.resumes.plain_words import PLAIN_WORDS
from ai_cms.portfolio.resumes.sources import resume_sources, row_source

from .conftest import RESUME

WORK = (
    "Lead\nHarbour Office\n2021-04\nCut the delay of tide tables by 40% for 12 harbours in Python and C++.\n5 engineers"
)
SKILL = "Python\nLanguage\n6.5 years\nlevel 4"


@pytest.mark.parametrize(
    "text",
    [
        "Cut the delay by 40% in Python.",
        "Lead at Harbour Office since 2021-04, with Python and C++.",
        "Experience with Python: 6,5 years.",
        "I work for 12 harbours and 5 engineers.",
        "PYTHON, python and Ｐｙｔｈｏｎ",
        "In Python I cut the delay.",
    ],
)
def test_what_the_sources_say_may_be_said(text: str) -> None:
    assert unsupported(text, [WORK, SKILL]) == []


@pytest.mark.parametrize(
    ("text", "invented"),
    [
        ("Cut the delay by 45%.", ["45"]),
        ("Cut the delay by 40.", []),
        ("40 engineers", ["40 engineers"]),
        ("5% of tide tables", ["5 %"]),
        ("5 years of Python", ["5 years"]),
        ("Five engineers", ["Five"]),
        ("Lead at Google", ["Google"]),
        ("lead at google", ["google"]),
        ("Google.", ["Google"]),
        ("Python and Kubernetes", ["Kubernetes"]),
        ("Python and C#", ["C#"]),
        ("C of tide tables", ["C"]),
        ("PhD in Python", ["PhD"]),
        ("Certified Lead", ["Certified"]),
        ("Head of IT", ["Head", "IT"]),
        ("Harbour Lead", ["Harbour Lead"]),
        ("Pyth\u200bon", ["Pyth", "on"][:1]),
        ("P\u0443thon", ["P\u0443thon"]),
        ("Python since ٢٠١٩", ["2019"]),
        ("Python ★★★★★", ["★"]),
        ("not Python", ["not"]),
        ("never in Python", ["never"]),
        ("Managed 5 engineers", ["Managed"]),
        ("https://evil.example/", ["https", "evil", "example"]),
    ],
)
def test_what_they_do_not_say_is_found(text: str, invented: list[str]) -> None:
    found = unsupported(text, [WORK, SKILL])
    assert found[: len(invented)] == invented and bool(found) == bool(invented)


def test_numbers_have_one_spelling() -> None:
    for told in ("1,000 users", "1.000 users", "1\u2019000 users", "1000 users"):
        assert unsupported(told, ["1000 users"]) == unsupported("1000 users", [told]) == []
    assert unsupported("100 users", ["1,000 users"]) and unsupported("1.5 years", ["15 years"])


_LETTERS = st.text(alphabet=string.ascii_letters + "äöüßéèñçßÅØабвΩ中", min_size=1, max_size=12)
_NAMES = st.one_of(_LETTERS, _LETTERS.map(str.upper), _LETTERS.map(str.capitalize))
_NUMBERS = st.one_of(st.integers(0, 10**9).map(str), st.floats(0.1, 99).map(lambda value: f"{value:.1f}"))
_SPACES = st.sampled_from([" ", ", ", ". ", " - ", "\n", " (", "; ", " \u200b", "\u00a0"])
_FILLER = st.lists(
    st.sampled_from(["Python", "and", "with", "C++", "in", "tide tables", "experience", "40%"]), max_size=6
)


def keys(text: str) -> set[str]:
    return {word.key for word in words_of(text)}


@given(fact=st.one_of(_NAMES, _NUMBERS), before=_FILLER, after=_FILLER, space=_SPACES)
def test_no_text_with_an_unseen_name_or_number_passes(
    fact: str, before: list[str], after: list[str], space: str
) -> None:
    unseen = keys(fact) - keys(WORK) - keys(SKILL) - PLAIN_WORDS
    text = space.join([*before, fact, *after])
    # A letter or + that the text puts right behind a fact would be part of it; these spaces are never one.
    if unseen:
        assert unsupported(text, [WORK, SKILL]), text


@given(st.text(max_size=60))
def test_any_text_is_read_and_holds_for_itself(text: str) -> None:
    assert unsupported(text, [text]) == []
    for word in words_of(text):
        assert word.key and word.text


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_text_that_passes_has_no_word_of_its_own(text: str, source: str) -> None:
    if not unsupported(text, [source]):
        assert keys(text) <= keys(source) | PLAIN_WORDS


def test_plain_words_state_no_number_and_no_negation() -> None:
    numbers = {"one", "two", "ten", "zwei", "deux", "dos", "due", "sei", "dez", "twee", "once", "sept"}
    assert not PLAIN_WORDS & (numbers | {"not", "no", "never", "without", "nicht", "kein", "ohne", "ne", "pas", "sans"})
    assert all(word == word.lower() and len(list(words_of(word))) == 1 for word in PLAIN_WORDS)


# Which changes hold


def suggested(path: str, text: str, *sources: str) -> dict[str, Any]:
    return {"path": path, "claims": [{"text": text, "sources": list(sources)}]}


SOURCES = {source.id: source for source in resume_sources(RESUME)} | {
    "project:7": row_source("project:7", "Tide tables", ["Tide tables", "Every harbour."]),
    "project:8": row_source("project:8", "Other", ["Other", "Every harbour."]),
}


@pytest.mark.parametrize(
    ("suggestion", "code"),
    [
        (suggested("/basics/summary", "Lead at Harbour Office.", "work/0"), None),
        (suggested("/basics/summary", "Lead with Python.", "work/0", "skills/0"), None),
        (suggested("/work/0/highlights/0", "Tides", "work/0"), None),
        (suggested("/projects/0/description", "Every harbour.", "project:7"), None),
        (suggested("/basics/summary", "Lead at Harbour Office.", "skills/0"), "invented"),
        (suggested("/basics/summary", "Lead with Python and 10 years.", "work/0", "skills/0"), "invented"),
        (suggested("/basics/summary", "Lead at Harbour Office."), "no_source"),
        (suggested("/basics/summary", "Lead at Harbour Office.", "work/9"), "unknown_source"),
        (suggested("/basics/summary", "Lead at Harbour Office.", "skill:1"), "unknown_source"),
        (suggested("/work/1/summary", "Tides to the minute", "work/0"), "other_entry"),
        (suggested("/projects/0/description", "Every harbour.", "project:8"), "other_entry"),
        (suggested("/basics/name", "Harbour Office", "work/0"), "unknown_place"),
        (suggested("/work/0/startDate", "2018", "work/1"), "unknown_place"),
        (suggested("/work/2/summary", "Lead", "work/0"), "unknown_place"),
        (suggested("/basics/summary", " ", "work/0"), "not_a_text"),
    ],
)
def test_each_claim_is_held_to_the_rows_it_names(suggestion: dict[str, Any], code: str | None) -> None:
    judged = judge(RESUME, SOURCES, [suggestion])
    assert [refused["code"] for refused in judged.refused] == ([code] if code else [])
    assert len(judged.changes) == (code is None)


def test_claims_that_are_true_alone_may_not_say_more_together() -> None:
    split = {
        "path": "/basics/summary",
        "claims": [
            {"text": "2018", "sources": ["work/1"]},
            {"text": "tides", "sources": ["work/0"]},
        ],
    }
    assert judge(RESUME, SOURCES, [split]).refused[0]["words"] == ["2018 tides"]


@pytest.mark.parametrize("order", [[0], [0, 0], [0, 2], [1, 0, 2], [-1, 0], [0, 1, 1]])
def test_an_order_names_every_item_once(order: list[int]) -> None:
    content = {"skills": [{"name": "A"}, {"name": "B"}]}
    assert judge(content, {}, [], [{"path": "/skills", "order": order}]).refused[0]["code"] == "not_an_order"
    assert judge(content, {}, [], [{"path": "/work", "order": [0]}]).refused[0]["code"] == "unknown_place"
    assert judge(content, {}, [], [{"path": "/skills", "order": [0, 1]}]).refused == []


def test_changes_are_independent_of_each_other() -> None:
    content: dict[str, Any] = {
        "projects": [
            {"name": "A", "highlights": ["a", "b"], "x": 1},
            {"name": "B", "description": "old"},
        ],
        "meta": {"kept": [1, None, 2.5]},
    }
    assert set(list_places(content)) == {"/projects", "/projects/0/highlights"}
    assert text_places(content)["/projects/1/description"] == "old"
    changes = [
        {"id": "c1", "op": "order", "path": "/projects", "order": [1, 0]},
        {"id": "c2", "op": "replace", "path": "/projects/1/description", "value": "new"},
        {"id": "c3", "op": "order", "path": "/projects/0/highlights", "order": [1, 0]},
        {"id": "c4", "op": "add", "path": "/basics/summary", "value": "Hello"},
        {"id": "c5", "op": "replace", "path": "/projects/0/highlights/1", "value": "c"},
    ]
    before = content_digest(content)
    made = apply_changes(content, changes)
    assert made["projects"] == [
        {"name": "B", "description": "new"},
        {"name": "A", "highlights": ["c", "a"], "x": 1},
    ]
    assert made["basics"] == {"summary": "Hello"} and made["meta"] == content["meta"]
    assert apply_changes(content, reversed(changes)) == made and content_digest(content) == before
    assert content_digest({"b": 1, "a": 2}) == content_digest({"a": 2, "b": 1}) != content_digest({"a": 1, "b": 2})

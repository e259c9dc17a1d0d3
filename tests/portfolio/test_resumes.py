"""JSON Resume: what is one, by the schema 1.0.0, and that it goes out as it came in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.portfolio.resumes.dates import is_date
from ai_cms.portfolio.resumes.schema import SECTIONS, resume_problems

from .conftest import RESUME


@pytest.mark.parametrize("date", ["2014", "2014-06", "2014-06-29", "2014-13", "1899", "2014-06-39"])
def test_dates_that_the_schema_takes(date: str) -> None:
    assert is_date(date) and resume_problems({"work": [{"startDate": date}]}) == []


@pytest.mark.parametrize("date", ["2014-6", "3014", None, "", "present", "2014-06-29T00:00", "٢٠١٤", 2014, "2014\n"])
def test_dates_that_it_does_not(date: Any) -> None:
    problem = resume_problems({"work": [{"startDate": date}]})[0]
    assert problem["loc"] == ["work", "0", "startDate"] and problem["type"] == "date"


@pytest.mark.parametrize(
    "resume",
    [
        {},
        RESUME,
        {"basics": {}},
        {"work": []},
        {"x-mine": [1, None, {"deep": [True]}], "meta": {"anything": 1.5}},
        {"basics": {"url": "https://exämple.org/ü", "profiles": [{"network": "Mastodon", "extra": None}]}},
        {"education": [{"score": "4.0", "courses": ["A"]}]},
        {"work": [{"name": "A", "position": "1"}, {"name": "A", "position": "2"}]},
        {"skills": [{"name": "A", "level": "Master", "keywords": ["x"], "years": 3}]},
    ],
)
def test_what_is_a_resume(resume: Any) -> None:
    assert resume_problems(resume) == []


@pytest.mark.parametrize(
    ("resume", "loc"),
    [
        ([], []),
        (None, []),
        ({"basics": []}, ["basics"]),
        ({"basics": {"name": None}}, ["basics", "name"]),
        ({"basics": {"email": ""}}, ["basics", "email"]),
        ({"basics": {"email": "jürgen@exämple.org"}}, ["basics", "email"]),
        ({"basics": {"url": ""}}, ["basics", "url"]),
        ({"basics": {"url": "example.org"}}, ["basics", "url"]),
        ({"basics": {"location": "Leeds"}}, ["basics", "location"]),
        ({"basics": {"profiles": [{"url": "x y"}]}}, ["basics", "profiles", "0", "url"]),
        ({"work": {}}, ["work"]),
        ({"work": ["x"]}, ["work", "0"]),
        ({"work": [{"highlights": "x"}]}, ["work", "0", "highlights"]),
        ({"work": [{"highlights": ["x", 1]}]}, ["work", "0", "highlights", "1"]),
        ({"education": [{"score": 4}]}, ["education", "0", "score"]),
        ({"meta": {"canonical": "here"}}, ["meta", "canonical"]),
        ({"$schema": 1}, ["$schema"]),
        ({"basics": {"name": "a\x00b"}}, ["basics", "name"]),
        ({"x": {"\ud800": 1}}, ["x"]),
    ],
)
def test_what_is_none_is_told_with_its_place(resume: Any, loc: list[str]) -> None:
    problems = resume_problems(resume)
    assert [problem["loc"] for problem in problems] == [loc]
    assert set(problems[0]) == {"loc", "type", "msg"}


def test_what_no_reader_could_take_is_refused() -> None:
    deep: Any = []
    for _level in range(3_000):
        deep = [deep]
    assert resume_problems({"x": deep})[0]["type"] == "too_deep"
    assert resume_problems({"x": float("nan")})[0]["type"] == "not_json"
    with override_settings(AI_CMS={"RESUME_MAX_BYTES": 100}):
        assert resume_problems({"x": "y" * 200})[0]["type"] == "too_large"
    many = resume_problems({"work": [{"startDate": "x"}] * 1_000})
    assert len(many) == 100


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
RESUMES = st.dictionaries(st.sampled_from(["basics", "x", *SECTIONS]), JSON, max_size=5)


@given(resume=RESUMES | JSON)
def test_judging_never_breaks_and_changes_nothing(resume: Any) -> None:
    before = json.dumps(resume)
    problems = resume_problems(resume)
    assert json.dumps(resume) == before
    assert all(set(problem) == {"loc", "type", "msg"} for problem in problems)
    if not problems:
        assert isinstance(resume, dict)

"""The short form of a résumé: what it asks for changes, everything else stays."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ai_cms.portfolio.resumes.editing import (
    ENTRY_FIELDS,
    basics_answers,
    entry_answers,
    with_basics,
    with_entries,
    with_words,
    word_answers,
)

from .conftest import RESUME

WORDS = st.text(alphabet="ab é", min_size=1, max_size=6).filter(str.strip)
ENTRIES = st.lists(
    st.dictionaries(st.sampled_from(["position", "name", "startDate", "x-mine"]), WORDS, min_size=1), max_size=4
)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "basics": st.fixed_dictionaries(
            {}, optional={"name": WORDS, "x": WORDS, "location": st.fixed_dictionaries({}, optional={"city": WORDS})}
        ),
        "work": ENTRIES,
        "skills": st.lists(st.fixed_dictionaries({"name": WORDS}, optional={"level": WORDS}), max_size=3, unique_by=lambda entry: entry["name"]),
        "other": WORDS,
    },
)  # fmt: skip


@given(content=DOCUMENTS)
def test_the_same_answers_change_nothing(content: dict[str, Any]) -> None:
    same = with_basics(content, basics_answers(content))
    for part in ENTRY_FIELDS:
        same = with_entries(same, part, list(enumerate(entry_answers(content, part))))
    same = with_words(same, "skills", "name", word_answers(content, "skills", "name"))
    assert same == content


@given(content=DOCUMENTS, name=WORDS)
def test_what_is_not_asked_for_stays(content: dict[str, Any], name: str) -> None:
    changed = with_basics(content, {"name": name})
    assert changed["basics"]["name"] == name
    assert {key: value for key, value in changed.items() if key != "basics"} == {
        key: value for key, value in content.items() if key != "basics"
    }
    assert changed["basics"].get("x") == content.get("basics", {}).get("x")


def test_entries_come_go_and_change() -> None:
    before = {**RESUME, "work": [{**RESUME["work"][0], "x-team": 5}, RESUME["work"][1]]}
    answers = entry_answers(before, "work")
    answers[0] |= {"endDate": "2026", "highlights": "One\n\n Two "}
    new = {"position": "Captain", "name": "", "highlights": ""}
    made = with_entries(before, "work", [(None, new), (0, answers[0]), (None, {})])
    assert made["work"] == [
        {"position": "Captain"},
        {**before["work"][0], "endDate": "2026", "highlights": ["One", "Two"]},
    ]
    assert before["work"][0] == {**RESUME["work"][0], "x-team": 5}
    gone = with_basics(made, {"phone": "", "city": ""})
    assert "phone" not in gone["basics"] and gone["basics"]["location"] == {"countryCode": "GB"}


def test_words_keep_what_else_is_said_of_them() -> None:
    made = with_words(RESUME, "skills", "name", ["Sailing", "Python", "Sailing"])
    assert made["skills"] == [{"name": "Sailing"}, {"name": "Python", "keywords": ["Django"]}]

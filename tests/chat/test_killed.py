"""``kill -9`` in the middle of an answer: the text stays, it is charged once, and the conversation goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.llm.processes import Processes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


def test_a_killed_answer_keeps_its_text_and_is_charged_once(tmp_path: Path) -> None:
    processes = Processes(tmp_path)
    processes.killed("die_in_chat", user_name="victim", words=3)
    left = processes.run("chat_report", user_name="victim")
    # Already before anybody has cleared up: what was shown is what is read.
    assert left["messages"] == [
        ["user", "complete", "Count, please.", ""],
        ["assistant", "streaming", "one two three ", ""],
    ]
    assert processes.run("settle")["runs"] == 1
    assert processes.run("settle")["runs"] == 0
    found = processes.run("chat_report", user_name="victim")
    assert found["messages"][1] == ["assistant", "interrupted", "one two three ", "ai_interrupted"]
    assert (found["reserved"], found["open"], found["charges"]) == (0, 0, 1)

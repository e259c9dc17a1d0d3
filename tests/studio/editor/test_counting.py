"""What the everyday jobs take, in clicks; and that what is typed faster than the page follows is all there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .counting import GOALS, WRITTEN, count
from .driving import Editing, block

pytestmark = pytest.mark.browser

Edit = Callable[..., Editing]
TWO = [block("one", "rich_text", html="<p>One.</p>"), block("two", "rich_text", html="<p>Two.</p>")]


def test_ten_blocks_are_written_and_published(edit: Edit) -> None:
    e = edit([])
    found = count("write and publish ten blocks", e)
    e.picture("counted")
    heading, text, columns, cards, table, quote = e.stored()
    assert heading["props"]["text"] == WRITTEN[0][1]["text"]
    assert text["props"] == WRITTEN[1][1]
    assert [column["children"][0]["props"]["html"] for column in columns["children"]] == [
        f"<p>{words}</p>" for words in WRITTEN[2][1]
    ]
    assert [(card["props"]["title"], card["props"]["text"]) for card in cards["children"]] == WRITTEN[3][1]
    assert table["props"]["rows"] == WRITTEN[4][1]["rows"]
    assert quote["props"] == WRITTEN[5][1]
    e.page.refresh_from_db()
    assert e.page.live
    assert not e.page.has_unpublished_changes
    assert found["clicks"] <= GOALS["write and publish ten blocks"], found
    assert e.problems == []


@pytest.mark.parametrize("job", ["insert at position 2", "duplicate", "a table of 2 by 2", "preview"])
def test_a_small_job_takes_few_clicks(edit: Edit, job: str) -> None:
    e = edit(TWO)
    found = count(job, e)
    stored: list[Any] = e.stored()
    types = [item["type"] for item in stored]
    wanted = {
        "insert at position 2": ["rich_text", "heading", "rich_text"],
        "duplicate": ["rich_text"] * 3,
        "a table of 2 by 2": ["rich_text", "table", "rich_text"],
        "preview": ["rich_text"] * 2,
    }
    assert types == wanted[job]
    if job == "a table of 2 by 2":
        assert stored[1]["props"]["rows"] == [["Step", "Hours"], ["Rise", "2"]]
    assert found["clicks"] <= GOALS[job], found
    assert e.problems == []

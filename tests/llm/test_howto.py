"""The examples of the how-to guide about calling a model work as printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.messages import LLMResponse, ToolCall
from ai_cms.llm.tools import tools

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "call-a-model.md"

pytestmark = pytest.mark.django_db


def test_the_examples_work(testing_llm: TestingBackend, member: Any) -> None:
    testing_llm.script(
        "Good bread.",
        {"title": "Rye", "text": "Good."},
        "Good bread.",
        LLMResponse(tool_calls=(ToolCall("1", "weather", '{"town": "Ulm"}'),), finish_reason="tool_calls"),
        "Take an umbrella.",
    )
    names: dict[str, Any] = {"user": member, "__name__": "guide"}
    # The last one is a view: it is only defined.
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 5
    try:
        for block in blocks:
            exec(block, names)  # noqa: S102 - the guide's own lines
    finally:
        tools.unregister("weather")
    assert names["result"].text == "Good bread."
    assert names["note"].title == "Rye"
    assert (names["text"], names["answer"].text) == ("Good bread.", "Good bread.")
    assert (names["outcome"].response.text, names["outcome"].rounds) == ("Take an umbrella.", 1)
    assert [message.text for message in names["outcome"].messages][1].startswith("Rain in Ulm")

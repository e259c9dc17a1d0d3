"""LibreChat's export, in words of our own."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from ai_cms.chat.transfer.files import read_export
from ai_cms.chat.transfer.tree import Dropped, Export, ImportLimits

NONE = "00000000-0000-0000-0000-000000000000"


def message(key: str, parent: str | None, text: str, *, user: bool = False, **more: Any) -> dict[str, Any]:
    return {
        "messageId": key,
        "parentMessageId": parent,
        "text": text,
        "isCreatedByUser": user,
        "sender": "User" if user else "Baker",
        "model": None if user else "gpt-x",
        **more,
    }


def export(*messages: Any, **fields: Any) -> dict[str, Any]:
    return {"conversationId": "c1", "title": "Rye", "options": {"model": "gpt-d"}, "messages": list(messages), **fields}


def read(raw: Any, limits: ImportLimits | None = None) -> Export:
    return read_export(json.dumps(raw).encode(), limits)


def test_messages_with_parents() -> None:
    found = read(
        export(
            message("q", NONE, "How?", user=True, createdAt="2026-05-01T16:35:11.530Z"),
            message("a1", "q", "So.", createdAt="2026-05-01T16:35:12.000Z"),
            message("a2", "q", "Or so.", createdAt="2026-05-01T16:36:00.000Z"),
            message("late", "a1", "Thanks", user=True, createdAt="2026-05-01T16:35:40.000Z"),
        )
    )
    assert found.source == "librechat" and found.dropped == ()
    (conversation,) = found.conversations
    assert [(one.key, one.parent, one.role, one.model) for one in conversation.messages] == [
        ("q", None, "user", ""),
        ("a1", "q", "assistant", "gpt-x"),
        ("a2", "q", "assistant", "gpt-x"),
        ("late", "a1", "user", ""),
    ]
    # Which branch was shown is not in the file: the one with the latest message.
    assert conversation.active_leaf == "a2"
    assert conversation.created_at == datetime(2026, 5, 1, 16, 35, 11, 530000, UTC)
    assert (conversation.key, conversation.title, conversation.model) == ("c1", "Rye", "gpt-d")


def test_nested_messages_are_the_same_tree() -> None:
    deep = message("q2", None, "And?", user=True, children=[])
    answers = [message("a1", None, "So.", children=[deep]), message("a2", None, "Or so.", children=[])]
    nested = export(message("q", NONE, "How?", user=True, children=answers), recursive=True)
    flat = export(
        message("q", NONE, "How?", user=True),
        *(message("a1", "q", "So."), message("a2", "q", "Or so."), message("q2", "a1", "And?", user=True)),
    )
    assert read(nested).conversations == read(flat).conversations
    nested["messagesTree"] = nested.pop("messages")
    assert read(nested).conversations == read(flat).conversations


def test_a_conversation_nested_deeper_than_a_parser_goes() -> None:
    # By hand: the writer of JSON does not go that deep either.
    count = sys.getrecursionlimit() * 8
    head = "".join(
        f'{{"messageId": "m{number}", "text": "{number}", "isCreatedByUser": {"false" if number % 2 else "true"}, "children": ['
        for number in range(count)
    )
    raw = f'{{"conversationId": "c", "recursive": true, "messages": [{head}{"]}" * count}]}}'.encode()
    with pytest.raises(RecursionError):
        json.loads(raw)
    limits = ImportLimits(messages=count, depth=count - 1, nesting=3 * count)
    found = read_export(raw, limits)
    (conversation,) = found.conversations
    assert len(conversation.messages) == count - 1
    assert conversation.messages[-1].parent == f"m{count - 3}"
    assert found.dropped == (Dropped("", "messages nested too deep", 1),)


def test_an_answer_in_parts() -> None:
    parts = [
        {"type": "think", "think": "Hm."},
        {"type": "text", "text": "First."},
        {"type": "tool_call", "tool_call": {"name": "search", "output": "…"}},
        {"type": "text", "text": {"value": "Then."}},
        {"type": "image_file", "image_file": {}},
        {"type": "new"},
        None,
    ]
    found = read(export(message("a", NONE, "", content=parts, attachments=[{}, {}])))
    assert found.conversations[0].messages[0].text == "First.\n\nThen."
    assert {(one.what, one.count) for one in found.dropped} == {
        ("thoughts of models", 1),
        ("tool calls", 1),
        ("pictures", 1),
        ("parts of an unknown kind", 1),
        ("files", 2),
    }


def test_an_error_is_left_out_and_what_follows_hangs_on_the_question() -> None:
    found = read(
        export(
            message("q", NONE, "How?", user=True),
            message("e", "q", '{"type": "no_key"}', error=True),
            message("q2", "e", "Again?", user=True),
            None,
        )
    )
    assert [(one.key, one.parent) for one in found.conversations[0].messages] == [("q", None), ("q2", "q")]
    assert {one.what for one in found.dropped} == {"errors", "messages of an unknown shape"}


def test_several_exports_in_one_file() -> None:
    one, two = export(message("q", NONE, "A", user=True)), export(message("q", NONE, "B", user=True))
    assert [found.messages[0].text for found in read([one, two]).conversations] == ["A", "B"]

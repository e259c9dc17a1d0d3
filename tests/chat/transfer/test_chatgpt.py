"""ChatGPT's conversations.json, in words of our own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ai_cms.chat.transfer.files import read_export
from ai_cms.chat.transfer.tree import Dropped, Export, ImportedConversation


def node(key: str, parent: str | None, message: Any = None) -> dict[str, Any]:
    return {"id": key, "parent": parent, "children": [], "message": message}


def message(role: str, content: Any, *, time: float | None = 1_790_000_000.5, **more: Any) -> dict[str, Any]:
    if isinstance(content, str):
        content = {"content_type": "text", "parts": [content]}
    metadata = more.pop("metadata", {})
    author = {"role": role, "name": more.pop("name", None), "metadata": {}}
    return {"id": "x", "author": author, "create_time": time, "content": content, "metadata": metadata, **more}


def conversation(*nodes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "title": "Sourdough",
        "create_time": 1_790_000_000,
        "update_time": 1_790_000_100,
        "mapping": {one["id"]: one for one in nodes},
        "current_node": nodes[-1]["id"] if nodes else None,
        "conversation_id": "conv-1",
        "default_model_slug": "gpt-x",
        **fields,
    }


def read(*conversations: Any) -> Export:
    return read_export(json.dumps(list(conversations)).encode())


def only(*nodes: dict[str, Any], **fields: Any) -> ImportedConversation:
    (found,) = read(conversation(*nodes, **fields)).conversations
    return found


def test_a_conversation_with_what_people_saw_of_it() -> None:
    export = read(
        conversation(
            node("root", None),
            node("sys", "root", message("system", "", metadata={"is_visually_hidden_from_conversation": True})),
            node(
                "ctx",
                "sys",
                message(
                    "user",
                    {"content_type": "user_editable_context", "user_profile": "A baker"},
                    metadata={"is_visually_hidden_from_conversation": True},
                ),
            ),
            node("q", "ctx", message("user", "How long does it rest?")),
            node("think", "q", message("assistant", {"content_type": "thoughts", "thoughts": [{"content": "Hm."}]})),
            node("a", "think", message("assistant", "A **night**.", metadata={"model_slug": "gpt-y"})),
            is_archived=True,
            is_starred=None,
        )
    )
    assert export.source == "chatgpt"
    (found,) = export.conversations
    assert [(one.key, one.parent, one.role, one.text, one.model) for one in found.messages] == [
        ("q", None, "user", "How long does it rest?", ""),
        ("a", "q", "assistant", "A **night**.", "gpt-y"),
    ]
    assert found.messages[0].created_at == datetime.fromtimestamp(1_790_000_000.5, UTC)
    assert (found.key, found.title, found.active_leaf) == ("conv-1", "Sourdough", "a")
    assert (found.archived, found.pinned, found.model) == (True, False, "gpt-x")
    assert export.dropped == (Dropped("Sourdough", "thoughts of models", 1),)


def test_branches_stay_branches_and_the_one_that_was_shown_is_active() -> None:
    found = only(
        node("q", None, message("user", "One?")),
        node("a1", "q", message("assistant", "First")),
        node("a2", "q", message("assistant", "Second")),
        node("q2", "a1", message("user", "Two?")),
        node("q3", "a2", message("user", "Three?")),
        current_node="q2",
    )
    assert {one.key: one.parent for one in found.messages} == {"q": None, "a1": "q", "a2": "q", "q2": "a1", "q3": "a2"}
    assert found.active_leaf == "q2"


def test_what_was_shown_last_may_be_nothing_that_is_kept() -> None:
    hidden = message("system", "x", metadata={"is_visually_hidden_from_conversation": True})
    found = only(
        node("q", None, message("user", "One?")), node("a", "q", message("assistant", "A")), node("end", "a", hidden)
    )
    assert found.active_leaf == "a"


def test_tools_code_and_what_came_of_it() -> None:
    export = read(
        conversation(
            node("q", None, message("user", "Sum?")),
            node(
                "code",
                "q",
                message(
                    "assistant", {"content_type": "code", "language": "unknown", "text": "1 + 1"}, recipient="python"
                ),
            ),
            node("out", "code", message("tool", {"content_type": "execution_output", "text": "2"}, name="python")),
            node(
                "web",
                "out",
                message("tool", {"content_type": "tether_browsing_display", "result": "…"}, name="browser"),
            ),
            node("err", "web", message("tool", {"content_type": "system_error", "text": "oops"}, name="python")),
            node("a", "err", message("assistant", "Two.", recipient="all")),
        )
    )
    (found,) = export.conversations
    assert [(one.role, one.name, one.text) for one in found.messages[1:]] == [
        ("tool", "python", "```\n1 + 1\n```"),
        ("tool", "python", "```\n2\n```"),
        ("assistant", "", "Two."),
    ]
    assert found.messages[-1].parent == "out"
    assert {(one.what, one.count) for one in export.dropped} == {("pages that tools read", 1), ("errors", 1)}


def test_pictures_and_recordings_are_named_where_they_were() -> None:
    parts = [
        {"content_type": "image_asset_pointer", "asset_pointer": "file-service://file-1", "width": 1},
        "What is this?",
        {"content_type": "audio_transcription", "text": "Spoken words", "direction": "in"},
        {"content_type": "real_time_user_audio_video_asset_pointer"},
        {"content_type": "audio_asset_pointer"},
        {"content_type": "hologram"},
        7,
    ]
    export = read(conversation(node("q", None, message("user", {"content_type": "multimodal_text", "parts": parts}))))
    assert export.conversations[0].messages[0].text == "*[picture]*\n\nWhat is this?\n\nSpoken words\n\n*[recording]*"
    assert {(one.what, one.count) for one in export.dropped} == {
        ("pictures", 1),
        ("recordings", 2),
        ("parts of an unknown kind", 2),
    }


def test_a_source_becomes_a_link_and_its_marks_go() -> None:
    mark = "\ue200cite\ue202turn0search1\ue201"
    text = f"Rye is old{mark}. So is wheat\ue200cite\ue202turn0search2\ue201."
    references = [
        {"matched_text": mark, "alt": "([Rye](https://example.org/rye))"},
        {"matched_text": " ", "alt": "x"},
        None,
    ]
    export = read(
        conversation(node("a", None, message("assistant", text, metadata={"content_references": references})))
    )
    assert export.conversations[0].messages[0].text == "Rye is old ([Rye](https://example.org/rye)). So is wheat."
    assert export.dropped == (Dropped("Sourdough", "sources without an address", 1),)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/a_(b)", "Rye is old ([Old \\[rye\\]](https://example.org/a_%28b%29))."),
        ("javascript:alert(1)", "Rye is old (Old \\[rye\\])."),
    ],
)
def test_older_marks_of_sources(url: str, shown: str) -> None:
    citation = {"start_ix": 11, "end_ix": 21, "metadata": {"type": "webpage", "title": "Old [rye]", "url": url}}
    wrong = [{"start_ix": 0, "end_ix": 4, "metadata": {}}, {"start_ix": "0"}, None]
    metadata = {"citations": [citation, *wrong]}
    found = only(node("a", None, message("assistant", "Rye is old 【1†source】.", metadata=metadata)))
    assert found.messages[0].text == shown


def test_a_source_does_not_bring_a_picture_from_elsewhere() -> None:
    mark = "\ue200i\ue201"
    references = [{"matched_text": mark, "alt": "![x](https://evil.example/?q=1)"}]
    found = only(node("a", None, message("assistant", f"See{mark}", metadata={"content_references": references})))
    assert "![" not in found.messages[0].text


def test_a_quotation_of_a_page_and_code_with_fences_in_it() -> None:
    quote = {"content_type": "tether_quote", "url": "https://example.org/", "title": "Rye", "text": "a\nb"}
    code = {"content_type": "code", "language": "python", "text": "x = '''```'''"}
    found = only(node("q", None, message("user", quote)), node("a", "q", message("assistant", code)))
    assert found.messages[0].text == "[Rye](https://example.org/)\n\n> a\n> b"
    assert found.messages[1].text == "````python\nx = '''```'''\n````"


@pytest.mark.parametrize("time", [None, "yesterday", -1, 1e300, float("nan"), True, 0])
def test_times_that_are_none(time: Any) -> None:
    assert only(node("q", None, message("user", "One?", time=time))).messages[0].created_at is None


def test_shapes_that_nobody_knows_cost_only_themselves() -> None:
    export = read(
        {"title": "No mapping"},
        7,
        conversation(
            {"id": "none"},
            node("odd", None, {"author": None, "content": None}),
            node("list", None, []),
            node("q", "nowhere", message("user", "Kept")),
            node("new", "q", message("assistant", {"content_type": "brand_new", "text": "Also kept"})),
            node("newer", "new", message("assistant", {"content_type": "brand_newer", "x": 1})),
            title=None,
        ),
        conversation(title="Empty"),
    )
    (found,) = export.conversations
    assert [one.text for one in found.messages] == ["Kept", "Also kept"]
    assert set(export.dropped) == {
        Dropped("", "conversations that cannot be read", 2),
        Dropped("", "parts of an unknown kind", 1),
        Dropped("Empty", "conversations without messages", 1),
    }

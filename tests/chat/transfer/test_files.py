"""Files: which program's, how large, how broken; and our own export there and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_cms.chat.transfer.deep_json import loads_deep
from ai_cms.chat.transfer.files import read_export
from ai_cms.chat.transfer.tree import (
    Dropped,
    ImportedConversation,
    ImportedMessage,
    ImportLimits,
    Losses,
    Node,
    grow,
    moment,
)
from ai_cms.core.exceptions import InvalidInput, TooLarge

from .test_librechat import NONE, export, message

MOMENT = "2026-11-30T10:00:00.123456+00:00"


def row(key: str, parent: str | None, role: str, content: str, **fields: Any) -> dict[str, Any]:
    """Return a message as our export has it."""
    common = {"name": "", "created_at": MOMENT, "edited_at": None, "deleted": False, "status": "complete", "model": ""}
    lists: dict[str, list[Any]] = {"attachments": [], "citations": [], "tool_calls": []}
    return {"id": key, "parent": parent, "role": role, "content": content, **common, **lists, **fields}


OWN = {
    "format": "ai_cms.chat",
    "version": 1,
    "id": "c1",
    "kind": "direct",
    "title": "Rye",
    "model": "gpt-d",
    "folder": "Work/Bread",
    "archived": True,
    "pinned": True,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "active_leaf": "a1",
    "messages": [
        row("q", None, "user", "How?", name="Ann"),
        row("a1", "q", "assistant", "So.", name="Baker", model="gpt-x"),
        row("a2", "q", "assistant", "Or so.", model="gpt-x"),
    ],
}


@pytest.mark.parametrize("file", [OWN, [OWN], {"conversations": [OWN]}])
def test_our_own_export_is_read(file: Any) -> None:
    found = read_export(json.dumps(file).encode())
    now = moment(MOMENT)
    assert (found.source, found.dropped) == ("ai_cms", ())
    assert found.conversations == (
        ImportedConversation(
            "c1",
            "Rye",
            (
                ImportedMessage("q", None, "user", "How?", now, "", "Ann"),
                ImportedMessage("a1", "q", "assistant", "So.", now, "gpt-x", "Baker"),
                ImportedMessage("a2", "q", "assistant", "Or so.", now, "gpt-x"),
            ),
            "a1",
            now,
            now,
            "gpt-d",
            "Work/Bread",
            archived=True,
            pinned=True,
        ),
    )


def test_what_is_broken_or_deleted_costs_only_itself() -> None:
    messages = [
        row("a", None, "user", "A", attachments=[{}], citations=[{}, {}], tool_calls=[{}]),
        row("b", "a", "robot", "B"),
        row("c", "b", "user", "C", deleted=True),
        row("d", "c", "assistant", " "),
        row("e", "d", "user", "E"),
        {"id": 7},
    ]
    found = read_export(json.dumps({**OWN, "messages": messages, "active_leaf": "d"}).encode())
    (conversation,) = found.conversations
    assert [(one.key, one.parent) for one in conversation.messages] == [("a", None), ("e", "a")]
    assert conversation.active_leaf == "a"
    assert {(one.what, one.count) for one in found.dropped} == {
        ("messages of an unknown shape", 2),
        ("deleted messages", 1),
        ("files", 1),
        ("sources", 2),
        ("tool calls", 1),
    }


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"{", b"[1,", b'"x"', b"[]", b"{}", b"[[]]", b"\xff\xfe", b"null", b'[{"mapping": 1}]'),
        *(b"PK\x03\x04", b"<html>", b'{"conversationId": "c"}', b'{"a": 1} x'),
    ],
)
def test_what_is_no_export_is_refused_in_a_sentence(raw: bytes) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_export(raw)
    assert refused.value.code == "invalid_import" and str(refused.value.detail).endswith(".")


def test_nothing_is_read_of_a_file_that_is_too_large() -> None:
    with pytest.raises(TooLarge):
        read_export(b"x" * 11, ImportLimits(bytes=10))


def test_nesting_has_an_end() -> None:
    with pytest.raises(InvalidInput):
        read_export(b"[" * 200_000 + b"]" * 200_000, ImportLimits(nesting=100_000))


def test_what_is_over_a_limit_is_left_out_and_named() -> None:
    chain = [message(f"m{number}", f"m{number - 1}" if number else NONE, "x" * 30, user=True) for number in range(6)]
    file = [export(*chain, title=f"T{number}") for number in range(4)]
    limits = ImportLimits(messages=5, depth=4, all_messages=8, text=20)
    found = read_export(json.dumps(file).encode(), limits)
    assert [len(one.messages) for one in found.conversations] == [4, 4]
    assert {len(one.text) for one in found.conversations[0].messages} == {20}
    assert set(found.dropped) == {
        *(
            Dropped(title, what, count)
            for title in ("T0", "T1")
            for what, count in (
                ("messages over the limit", 1),
                ("messages nested too deep", 1),
                ("texts cut at the limit", 4),
            )
        ),
        Dropped("", "conversations over the limit", 2),
    }
    assert len(read_export(json.dumps(file).encode(), ImportLimits(conversations=3)).conversations) == 3


def test_what_no_database_stores_is_replaced() -> None:
    raw = json.dumps(export(message("q", NONE, "a\x00b\ud800c", user=True))).encode()
    assert read_export(raw).conversations[0].messages[0].text == "a\ufffdb\ufffdc"


def test_a_mark_at_the_beginning_and_numbers_beyond_all_measure() -> None:
    raw = export(message("q", NONE, "Kept", user=True))
    text = json.dumps(raw).replace('"title"', f'"huge": {"9" * 5000}, "odd": NaN, "title"')
    assert read_export(b"\xef\xbb\xbf" + text.encode()).conversations[0].messages[0].text == "Kept"


# The tree

_keys = st.sampled_from("abcdef")


@settings(max_examples=100)
@given(
    links=st.lists(st.tuples(_keys, st.none() | _keys | st.just("x"), st.booleans()), max_size=10),
    active=st.none() | _keys,
)
def test_any_links_make_a_tree_with_parents_first(links: Any, active: Any) -> None:
    nodes = [
        Node(key, parent, ImportedMessage(key, None, "user", key) if kept else None) for key, parent, kept in links
    ]
    messages, leaf = grow(nodes, active, ImportLimits(), Losses())
    seen: set[str | None] = {None}
    for one in messages:
        assert one.parent in seen
        seen.add(one.key)
    first: dict[str, bool] = {}
    for key, _parent, kept in links:
        first.setdefault(key, kept)
    assert {one.key for one in messages} == {key for key, kept in first.items() if kept}
    assert (leaf in {one.key for one in messages}) if messages else leaf is None


def test_a_circle_is_cut_and_named() -> None:
    losses = Losses()
    nodes = [Node(key, parent, ImportedMessage(key, None, "user", key)) for key, parent in ("ab", "bc", "ca")]
    messages, _leaf = grow(nodes, None, ImportLimits(), losses)
    assert [(one.key, one.parent) for one in messages] == [("a", None), ("c", "a"), ("b", "c")]
    assert losses.listed() == (Dropped("", "links that go round in a circle", 1),)


# JSON without recursion

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=100)
@given(value=_json, indent=st.none() | st.integers(0, 2), escaped=st.booleans())
def test_the_reader_without_recursion_reads_what_the_other_does(value: Any, indent: Any, escaped: bool) -> None:
    assert loads_deep(json.dumps(value, indent=indent, ensure_ascii=escaped), nesting=100) == value


_pieces = st.sampled_from(
    ['{"a": 1}', "[1, 2]", "{", "}", "[", "]", ",", ":", '"a"', "1", "-", " ", "true", "nul", "\x01", '"']
)


@settings(max_examples=200)
@given(text=st.lists(_pieces, max_size=7).map("".join))
def test_it_refuses_what_the_other_refuses(text: str) -> None:
    try:
        wanted = json.loads(text, strict=False)
    except ValueError:
        with pytest.raises(ValueError, match=r"char|levels"):
            loads_deep(text, nesting=100)
    else:
        assert loads_deep(text, nesting=100) == wanted

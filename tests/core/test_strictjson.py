from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.core.exceptions import InvalidInput, TooLarge
from ai_cms.core.strictjson import check_query_string, check_text, is_clean_text, loads

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_clean_values_come_through_unchanged(value: Any) -> None:
    assert loads(json.dumps(value).encode()) == value
    assert loads(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_a_refusal(raw: bytes) -> None:
    try:
        value = loads(raw)
    except InvalidInput:
        return
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


@given(st.text(st.sampled_from('[]{}",:\\ud80nultrefas10.eE-+ '), max_size=60))
def test_any_text_of_json_characters_is_a_value_or_a_refusal(text: str) -> None:
    try:
        value = loads(text.encode())
    except InvalidInput:
        return
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b'{"a": ', "line 1 column 7"),
        (b'{"a": 1, "a": 2}', "'a' is there twice"),
        (b'{"a": NaN}', "NaN"),
        (b"1e999", "too large"),
        (b"9" * 5_000, "64 bits"),
        (b'"\\ud800"', "surrogate"),
        (b'"\\u0000"', "NUL"),
        (b"\xff", "UTF-8"),
        (b"[" * 200_000 + b"]" * 200_000, "deeper than 100"),
    ],
)
def test_refusals_say_what_is_wrong(raw: bytes, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        loads(raw)
    assert words in refused.value.detail


def test_limits_come_from_the_settings(settings: Any) -> None:
    settings.AI_CMS = {"JSON_MAX_BYTES": 20, "JSON_MAX_DEPTH": 2, "JSON_MAX_KEYS": 2, "JSON_MAX_STRING": 3}
    assert loads(b'{"a": [1]}') == {"a": [1]}
    with pytest.raises(TooLarge):
        loads(b" " * 21)
    for raw in (b'{"a": [[]]}', b"[[[1]]]", b'{"a":1,"b":1,"c":1}', b'"four"', b'{"four": 1}'):
        with pytest.raises(InvalidInput):
            loads(raw)


def test_the_depth_counts_containers(settings: Any) -> None:
    settings.AI_CMS = {"JSON_MAX_DEPTH": 3}
    assert loads(b"[[[1]]]") == [[[1]]]
    with pytest.raises(InvalidInput):
        loads(b"[[[[]]]]")


def test_surrogate_pairs_are_characters() -> None:
    assert loads(b'"\\ud83d\\ude42"') == "🙂"


def test_text_checks() -> None:
    assert is_clean_text("ä🙂")
    assert not is_clean_text("\0")
    assert not is_clean_text("\ud800")
    check_text("abc", "It", limit=3)
    with pytest.raises(InvalidInput, match="It is over 2"):
        check_text("abc", "It", limit=2)


def test_query_strings() -> None:
    check_query_string("a=%C3%A4&b=1+2")
    for raw in ("a=%FF", "a=\xff", "a=\u20ac"):
        with pytest.raises(InvalidInput):
            check_query_string(raw)

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.core.exceptions import InvalidInput, TooLarge
from ai_cms.core.strictjson import _has_more_keys, check_query_string, check_text, is_clean_text, loads

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


@given(VALUES)
def test_keys_are_counted_before_anything_is_built(value: Any) -> None:
    keys = json.dumps(value).count('": ') - json.dumps(_leaves(value)).count('": ')
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=2).replace(":", " \n: ")):
        assert not _has_more_keys(text, keys)
        assert keys == 0 or _has_more_keys(text, keys - 1)


def _leaves(value: Any) -> list[Any]:
    """Return the texts of a value, keys too: what looks like a key inside of one is none."""
    if isinstance(value, dict):
        return [*value, *(leaf for inner in value.values() for leaf in _leaves(inner))]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("piece", ['"', '\\"', '"\\', '":', '"a" ', '"a"\n', "\\", '\\\\"'])
def test_counting_keys_takes_no_longer_for_a_broken_text(piece: str) -> None:
    began = time.process_time()
    _has_more_keys(piece * (1_000_000 // len(piece)), 10**9)
    assert time.process_time() - began < 1.0


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

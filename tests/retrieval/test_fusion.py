"""Fusion of orders, and the comparison of vectors."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.retrieval.search.fusion import fused
from ai_cms.retrieval.search.numbers import nearest, packed, unpacked

ORDERS = st.lists(st.integers(0, 30), unique=True, max_size=20)


def test_what_both_find_comes_before_what_one_finds_first() -> None:
    assert fused(["a", "b", "c"], ["d", "b", "e"]) == ["b", "a", "d", "c", "e"]


@given(ORDERS, ORDERS)
def test_nothing_is_lost_and_ranks_decide(one: list[int], other: list[int]) -> None:
    found = fused(one, other)
    assert sorted(found) == sorted({*one, *other})

    def score(key: int) -> float:
        return math.fsum(1 / (61 + order.index(key)) for order in (one, other) if key in order)

    assert all(score(first) >= score(second) - 1e-12 for first, second in pairwise(found))
    assert found == fused(one, other)


@given(ORDERS)
def test_one_order_alone_stays_as_it_is(order: list[int]) -> None:
    assert fused(order) == fused(order, []) == order


NUMBERS = st.floats(-1e6, 1e6, allow_nan=False, width=32)
VECTORS = st.lists(NUMBERS, min_size=4, max_size=4).filter(lambda numbers: math.hypot(*numbers) > 1e-3)


@given(VECTORS)
def test_stored_vectors_have_length_one(numbers: list[float]) -> None:
    stored = unpacked(packed(numbers))
    length = math.hypot(*numbers)
    assert stored.tolist() == pytest.approx([number / length for number in numbers], abs=1e-6)


@pytest.mark.parametrize("numbers", [[0.0, 0.0], [math.nan, 1.0], [math.inf, 1.0]])
def test_a_vector_without_length_is_refused(numbers: list[float]) -> None:
    with pytest.raises(ValueError, match="without length"):
        packed(numbers)


@given(VECTORS, st.lists(VECTORS, max_size=30), st.integers(1, 10))
def test_numpy_and_the_standard_library_agree(query: list[float], rows: list[list[float]], limit: int) -> None:
    pytest.importorskip("numpy")
    stored = [(f"v{number:02}", packed(row)) for number, row in enumerate(rows)]
    plain = nearest(packed(query), stored, limit=limit, least=-1, numpy=False)
    fast = nearest(packed(query), stored, limit=limit, least=-1, numpy=True)
    assert [score for _name, score in plain] == pytest.approx([score for _name, score in fast], abs=1e-5)
    assert len(plain) == min(limit, len([None for _name, score in plain]))


@pytest.mark.parametrize("numpy", [False, True])
def test_only_near_ones_of_the_same_length_are_found(numpy: bool) -> None:
    if numpy:
        pytest.importorskip("numpy")
    stored = [("far", packed([0, 1])), ("near", packed([2, 1])), ("same", packed([5, 0])), ("long", packed([1, 0, 0]))]
    found = nearest(packed([1, 0]), iter(stored), limit=5, least=0.5, numpy=numpy)
    assert [name for name, _score in found] == ["same", "near"]
    assert found[1][1] == pytest.approx(2 / math.sqrt(5))
    assert nearest(packed([1, 0]), [], limit=5, least=0, numpy=numpy) == []


def test_blocks_of_rows_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = [(f"{number}", packed([number, 1])) for number in range(20)]
    whole = nearest(packed([1, 0]), stored, limit=6, least=-1, numpy=False)
    monkeypatch.setattr("ai_cms.retrieval.search.numbers._BLOCK", 3)
    assert nearest(packed([1, 0]), stored, limit=6, least=-1, numpy=False) == whole

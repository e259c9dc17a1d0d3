"""Prices, costs and estimates."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from ai_cms.llm.conf import LLMSettings
from ai_cms.llm.credits.pricing import FREE, Price, cost_of, price_of
from ai_cms.llm.exceptions import InvalidLLMBackend
from ai_cms.llm.messages import ImagePart, LLMRequest, Message, TextPart, ToolCall, ToolDefinition, Usage
from ai_cms.llm.tokens import Calibration, estimate_request, estimate_text, estimate_usage

TABLE = {
    "gpt-mini": {"input": 150_000, "cached": 75_000, "output": 600_000},
    "gpt-*": {"input": 2_000_000, "output": 8_000_000},
    "gpt-mini-*": {"input": 1, "output": 1},
    "cheap:gpt-mini": {"input": 10, "output": 10},
    "ollama:*": {},
    "painter": {"image": 40_000},
}


def priced(table: Any = TABLE, **more: Any) -> Any:
    return override_settings(AI_CMS={"LLM_PRICES": table, **more})


@pytest.mark.parametrize(
    ("alias", "model", "source"),
    [
        ("default", "gpt-mini", "gpt-mini"),
        ("cheap", "gpt-mini", "cheap:gpt-mini"),
        ("default", "gpt-mini-2026", "gpt-mini-*"),
        ("default", "gpt-large", "gpt-*"),
        ("ollama", "anything", "ollama:*"),
    ],
)
def test_the_most_exact_name_wins(alias: str, model: str, source: str) -> None:
    with priced():
        price = price_of(alias, model)
    assert price is not None
    assert price.source == source


def test_costs_are_whole_micro_dollars_rounded_up() -> None:
    price = Price(input=150_000, cached=75_000, output=600_000)
    assert price.tokens(Usage(1_000_000, 0)) == 150_000
    assert price.tokens(Usage(1_000_000, 0, 400_000)) == 120_000
    assert price.tokens(Usage(1, 0)) == 1
    assert price.tokens(Usage(0, 0)) == 0
    assert price.tokens(Usage(10, 10, cached_tokens=99)) == 7
    assert isinstance(price.tokens(Usage(3, 5)), int)


def test_a_model_without_a_price_is_not_free() -> None:
    with priced():
        cost = cost_of(price_of("default", "unknown"), Usage(10, 10))
    assert (cost.micro_dollars, cost.known, cost.estimated) == (None, False, True)
    with priced(LLM_FALLBACK_PRICE={"input": 1_000_000, "output": 1_000_000}):
        cost = cost_of(price_of("default", "unknown"), Usage(10, 10))
    assert (cost.micro_dollars, cost.known, cost.estimated) == (20, True, True)


def test_images_cost_their_price() -> None:
    with priced():
        assert cost_of(price_of("default", "painter"), Usage(reported=False), images=3).micro_dollars == 120_000


def test_estimated_tokens_make_an_estimated_cost_unless_it_is_free() -> None:
    assert cost_of(Price(input=1, source="x"), Usage(5, 5, reported=False)).estimated
    assert not cost_of(FREE, Usage(5, 5, reported=False)).estimated
    assert cost_of(FREE, Usage(5, 5)).micro_dollars == 0


@pytest.mark.parametrize("rate", [-1, 1.5, True, "1"])
def test_a_price_is_a_whole_number_from_zero_up(rate: Any) -> None:
    with pytest.raises(ValueError, match="whole number"):
        Price(input=rate)
    with priced({"m": {"input": rate}}), pytest.raises(InvalidLLMBackend, match=r"AI_CMS\['LLM_PRICES'\]: the rate"):
        price_of("default", "m")
    with priced({}, LLM_FALLBACK_PRICE={"input": rate}), pytest.raises(InvalidLLMBackend, match="LLM_FALLBACK_PRICE"):
        price_of("default", "m")


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ({"m": {"inputs": 1}}, "unknown rate 'inputs'"),
        ({"m": 3}, "must be a dict"),
        ({3: {}}, "must be a dict"),
        (TABLE, None),
    ],
)
def test_the_table_is_checked(table: Any, problem: str | None) -> None:
    found = LLMSettings.__dict__["LLM_PRICES"].problem(table)
    assert found is None if problem is None else problem in found


def test_aliases_are_checked() -> None:
    setting = LLMSettings.__dict__["LLM"]
    assert setting.problem({"default": {"BACKEND": "x"}}) is None
    assert "must be a string" in setting.problem({1: {}})
    assert "must be a dict" in setting.problem({"a": "b"})


def test_a_price_is_kept_with_the_call() -> None:
    assert Price(input=1, source="m").snapshot() == {"input": 1, "cached": 0, "output": 0, "image": 0, "source": "m"}


# Estimates


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("abcd", 1), ("abcdefgh", 2), ("你好世界", 3), ("日本 ab", 3), ("éé", 2), ("Хлеб", 2)]
)
def test_texts_are_estimated_by_their_script(text: str, tokens: int) -> None:
    assert estimate_text(text) == tokens


def test_requests_are_estimated_with_all_they_send() -> None:
    plain = LLMRequest([Message.user("x" * 40)])
    assert estimate_request(plain) == 17
    with_image = LLMRequest([Message.user([TextPart("x" * 40), ImagePart(b"1")])])
    assert estimate_request(with_image) == 17 + 1100
    tool = ToolDefinition("lookup", "Looks up.", {"type": "object", "properties": {}})
    assert estimate_request(plain.replace(tools=[tool])) > 17 + 20
    assert estimate_request(plain.replace(response_schema={"type": "object"})) > 17
    usage = estimate_usage(plain, "y" * 8, [ToolCall("1", "lookup", "{}")])
    assert (usage.input_tokens, usage.output_tokens, usage.reported) == (17, 8 + 4, False)


def test_estimates_learn_from_reports_within_bounds() -> None:
    calibration = Calibration()
    assert calibration.ratio("m") == 1.0
    calibration.observe("m", estimated=100, reported=200)
    assert calibration.ratio("m") == 2.0
    calibration.observe("m", estimated=100, reported=100)
    assert calibration.ratio("m") == pytest.approx(1.9)
    calibration.observe("m", estimated=0, reported=5)
    calibration.observe("wild", estimated=1, reported=10**9)
    assert calibration.ratio("wild") == 4.0
    calibration.clear()
    assert calibration.remembered("m") == 1.0


def test_a_new_process_asks_the_source_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calibration = Calibration()
    asked: list[str] = []

    def source(key: str) -> float | None:
        asked.append(key)
        return 9.0 if key == "m" else None

    calibration.source = source
    assert calibration.remembered("m") == 1.0
    assert (calibration.ratio("m"), calibration.ratio("m"), calibration.ratio("other")) == (4.0, 4.0, 1.0)
    assert calibration.ratio("other") == 1.0
    assert asked == ["m", "other"], "one message comes to dozens of estimates"
    monkeypatch.setattr(calibration, "ASK_AGAIN", 0.0)
    assert calibration.ratio("other") == 1.0
    assert asked == ["m", "other", "other"]

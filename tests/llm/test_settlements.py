"""What is charged where nobody reports, against two tokenizers: from the prompt to the prompt and all that came, and 5 %.

``counted_texts.json`` holds texts with the tokens that o200k and cl100k make of them.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from ai_cms.llm.calibration import Weights
from ai_cms.llm.credits import ratios
from ai_cms.llm.estimates import Estimate, estimate_text
from ai_cms.llm.messages import LLMRequest, Message, Usage
from ai_cms.llm.tokens import calibration, estimate_request

Counted = tuple[str, int, int]

TEXTS: dict[str, list[Counted]] = {
    kind: [(text, o200k, cl100k) for text, o200k, cl100k in pieces]
    for kind, pieces in json.loads(Path(__file__).with_name("counted_texts.json").read_text()).items()
}
TEXTS["mixed"] = [piece for pieces in TEXTS.values() for piece in pieces]
TOKENIZERS = {"o200k": 1, "cl100k": 2}
#: Tokens that a chat template sets about each message, and about all.
PER_MESSAGE, FRAME = 4, 3


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibration, "source", None)


class Model:
    """A model with a tokenizer of its own that is asked in one kind of text, with the same instructions each time."""

    def __init__(self, kind: str, tokenizer: str, seed: int) -> None:
        self.kind, self.column, self.chance = kind, TOKENIZERS[tokenizer], random.Random(seed)
        self.rules = TEXTS["english"][:4]

    def count(self, pieces: list[Counted]) -> int:
        return sum(int(piece[self.column]) for piece in pieces)  # type: ignore[call-overload]

    def call(self) -> tuple[LLMRequest, int, list[Counted]]:
        """Return a request, what its prompt has in truth, and the whole answer."""
        asked = self.chance.choices(TEXTS[self.kind], k=self.chance.randint(2, 12))
        prompt = LLMRequest([Message.system(text_of(self.rules)), Message.user(text_of(asked))])
        tokens = self.count(self.rules) + self.count(asked) + 2 * PER_MESSAGE + FRAME
        return prompt, tokens, self.chance.choices(TEXTS[self.kind], k=self.chance.randint(3, 10))

    def reports(self) -> None:
        request, prompt, answer = self.call()
        written = estimate_text(text_of(answer))
        usage = Usage(prompt, self.count(answer))
        ratios.observe("default", "m", prompt=estimate_request(request), output=written, usage=usage)

    def breaks_off(self) -> tuple[int, int, int]:
        """Return what is charged for a call that broke off, what its prompt has, and what came of its answer."""
        request, prompt, answer = self.call()
        came = answer[: self.chance.randint(1, len(answer))]
        charged = ratios.input_tokens("default", "m", estimate_request(request))
        charged += ratios.output_tokens("default", "m", estimate_text(text_of(came)))
        return charged, prompt, self.count(came)


def text_of(pieces: list[Counted]) -> str:
    return "".join(piece[0] for piece in pieces)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("kind", TEXTS)
def test_settlements_lie_between_the_prompt_and_what_came(kind: str, tokenizer: str) -> None:
    model = Model(kind, tokenizer, seed=7)
    for _ in range(40):
        model.reports()
    settled = [model.breaks_off() for _ in range(85)]
    outside = [row for row in settled if not row[1] <= row[0] <= 1.05 * (row[1] + row[2])]
    assert len(outside) <= 1, outside
    # And that one by next to nothing.
    assert all(0.98 * prompt <= charged <= 1.07 * (prompt + came) for charged, prompt, came in settled), outside


def test_parts_are_learned_apart_and_each_by_what_is_asked() -> None:
    english, chinese = Estimate.of({"words": 100.0}), Estimate.of({"han": 100.0})
    weights = Weights()
    for _ in range(10):
        weights.learn(english, 100)
    assert weights.predict(english) == pytest.approx(100, rel=0.02)
    weights.learn(Estimate.of(english, chinese), 250)
    assert weights.predict(chinese) == pytest.approx(150, rel=0.05)
    assert weights.predict(english) == pytest.approx(100, rel=0.03)


def test_what_the_log_knows_is_where_learning_begins() -> None:
    weights = Weights(1.5)
    estimate = Estimate.of({"words": 100.0})
    assert weights.predict(estimate) == pytest.approx(150)
    weights.learn(estimate, 140)
    assert 139 < weights.predict(estimate) < 150


def test_an_estimate_is_a_number_that_knows_its_parts() -> None:
    text = estimate_text("Bread 12,000", "面包")
    assert text == 7
    assert set(text.parts) == {"words", "digits", "marks", "han"}
    both = Estimate.of(text, text, {"frame": 3.0})
    assert both == pytest.approx(2 * sum(text.parts.values()) + 3, abs=1)
    assert estimate_text("") == 0
    assert int(estimate_text("a" * 300_000)) == 75_000

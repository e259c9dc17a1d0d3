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
    for _ in range(20):
        model.reports()
    outside = []
    for number in range(85):
        charged, prompt, came = model.breaks_off()
        if not prompt <= charged <= 1.05 * (prompt + came):
            outside.append((number, charged, prompt, came))
    assert outside == []

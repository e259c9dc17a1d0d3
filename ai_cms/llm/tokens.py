"""How many tokens a text has, without a tokenizer and without a network.

The truth is what the provider reports afterwards. Until then, and where it reports nothing, this estimate stands in:
bytes over four for alphabets, one a character for Chinese, Japanese and Korean, something for messages, tools and
images. Each model's own ratio of reported to estimated tokens is kept as a moving mean and applied.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable
from typing import Literal

from ..core.jsontypes import JsonMapping
from .messages import LLMRequest, ToolCall, Usage
from .schema import requested_schema

__all__ = [
    "HOLD_MARGIN",
    "Calibration",
    "Side",
    "calibration",
    "estimate_request",
    "estimate_schema",
    "estimate_text",
    "estimate_usage",
    "model_key",
]

#: What is held for a call is this much more than the estimate, in percent.
HOLD_MARGIN = 115
_PER_MESSAGE = 4
_PER_IMAGE = 1100
_CJK = re.compile(
    "[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
)


#: Prompts and answers are off by different ratios.
Side = Literal["in", "out"]


class Calibration:
    """The ratio of reported to estimated tokens by model.

    ``source``: called for a model this process has not seen; returns a ratio kept elsewhere (the AI log), or ``None``.
    """

    #: Share of the newest call in the mean, and the ratios beyond which a report says more about the reporter.
    WEIGHT = 0.1
    BOUNDS = (0.25, 4.0)

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ratios: dict[str, float] = {}
        self.source: Callable[[str], float | None] | None = None

    def observe(self, key: str, *, estimated: int, reported: int) -> None:
        """Take a finished call into the mean; ``estimated`` is the estimate before calibration."""
        if estimated <= 0 or reported <= 0:
            return
        low, high = self.BOUNDS
        ratio = min(max(reported / estimated, low), high)
        before = self.ratio(key)
        with self._lock:
            known = key in self._ratios
            self._ratios[key] = before + (ratio - before) * self.WEIGHT if known else ratio

    def ratio(self, key: str) -> float:
        """Return the factor to multiply an estimate with; 1.0 for an unknown model."""
        with self._lock:
            found = self._ratios.get(key)
        if found is None and self.source is not None:
            found = self.source(key)
            if found is not None:
                found = min(max(found, self.BOUNDS[0]), self.BOUNDS[1])
                with self._lock:
                    found = self._ratios.setdefault(key, found)
        return 1.0 if found is None else found

    def share(self, key: str) -> float | None:
        """Return a share from 0 to 1 that this process has learned, ``None`` before it has."""
        with self._lock:
            return self._ratios.get(key)

    def observe_share(self, key: str, share: float) -> None:
        """Take a share from 0 to 1 into its mean."""
        share = min(max(share, 0.0), 1.0)
        with self._lock:
            before = self._ratios.get(key, share)
            self._ratios[key] = before + (share - before) * self.WEIGHT

    def remembered(self, key: str) -> float:
        """Return the factor as far as this process knows it, without asking ``source``."""
        with self._lock:
            return self._ratios.get(key, 1.0)

    def clear(self) -> None:
        """Forget every ratio."""
        with self._lock:
            self._ratios.clear()


calibration = Calibration()


def model_key(side: Side, model: str) -> str:
    """Return the name under which :data:`calibration` keeps a model's ratio: the one mean that all estimates use."""
    return f"{side}:model:{model}"


def estimate_text(text: str) -> int:
    """Return the estimated tokens of ``text``."""
    if not text:
        return 0
    wide = _CJK.findall(text) if not text.isascii() else []
    wide_bytes = sum(len(character.encode("utf-8", "replace")) for character in wide)
    rest = len(text.encode("utf-8", "replace")) - wide_bytes
    return len(wide) + -(-rest // 4)


def _schema_tokens(schema: JsonMapping) -> int:
    return -(-len(json.dumps(schema, ensure_ascii=False).encode("utf-8", "replace")) * 2 // 7)


def estimate_request(request: LLMRequest, *, schema_weight: float = 1.0) -> int:
    """Return the estimated input tokens of ``request``, before calibration.

    ``schema_weight``: the share of the answer's schema that counts as prompt; most servers make a grammar of it instead.
    """
    total = 3
    for message in request.messages:
        total += _PER_MESSAGE + estimate_text(message.text) + _PER_IMAGE * len(message.images)
        total += _calls_tokens(message.tool_calls)
    for tool in request.tools:
        total += 8 + estimate_text(tool.name) + estimate_text(tool.description) + _schema_tokens(tool.parameters)
    if schema_weight:
        total += round(estimate_schema(request) * schema_weight)
    return total


def estimate_schema(request: LLMRequest) -> int:
    """Return the estimated tokens of the schema that ``request`` asks an answer of, were it a part of the prompt."""
    schema = requested_schema(request)
    return _schema_tokens(schema.schema) if schema is not None else 0


def estimate_usage(
    request: LLMRequest,
    text: str = "",
    tool_calls: Iterable[ToolCall] = (),
    *,
    schema_weight: float = 1.0,
) -> Usage:
    """Return the estimated usage of a call that delivered ``text``, marked as not reported."""
    output = estimate_text(text) + _calls_tokens(tool_calls)
    return Usage(estimate_request(request, schema_weight=schema_weight), output, reported=False)


def _calls_tokens(calls: Iterable[ToolCall]) -> int:
    return sum(8 + estimate_text(call.name) + estimate_text(call.arguments) for call in calls)

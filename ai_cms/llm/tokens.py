"""How many tokens a request has, without a tokenizer and without a network.

The truth is what the provider reports afterwards. Until then, and where it reports nothing, this estimate stands in: its texts
by their scripts, something for messages, tools and images. What each model makes of the parts is learned and applied, and
where only the log is known the ratio of reported to estimated tokens.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Callable, Iterable
from typing import Literal

from ..core.jsontypes import JsonMapping
from .calibration import Weights
from .estimates import Estimate, estimate_text
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
_PER_CALL = 8
#: Prompts and answers are off by different ratios.
Side = Literal["in", "out"]


class Calibration:
    """The ratio of reported to estimated tokens by model.

    ``source``: called for a model this process has not seen; returns a ratio kept elsewhere (the AI log), or ``None``.
    """

    #: Share of the newest call in the mean, and the ratios beyond which a report says more about the reporter.
    WEIGHT = 0.1
    BOUNDS = (0.25, 4.0)
    #: Seconds after which ``source`` is asked again for a model that it did not know.
    ASK_AGAIN = 60.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ratios: dict[str, float] = {}
        self._weights: dict[str, Weights] = {}
        self._asked: dict[str, float] = {}
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
            if isinstance(estimated, Estimate):
                weights = self._weights.setdefault(key, Weights(before if known else None))
                weights.learn(estimated, round(ratio * estimated))
            self._ratios[key] = before + (ratio - before) * self.WEIGHT if known else ratio

    def ratio(self, key: str) -> float:
        """Return the factor to multiply an estimate with; 1.0 for an unknown model."""
        now = time.monotonic()
        with self._lock:
            found = self._ratios.get(key)
            # One message comes to dozens of estimates.
            fresh = now - self._asked.get(key, -math.inf) < self.ASK_AGAIN
        if found is None and self.source is not None and not fresh:
            found = self.source(key)
            with self._lock:
                if found is None:
                    self._asked[key] = now
                else:
                    found = self._ratios.setdefault(key, min(max(found, self.BOUNDS[0]), self.BOUNDS[1]))
        return 1.0 if found is None else found

    def factor(self, key: str, estimate: int) -> float:
        """Return the factor for one estimate, by its parts where this process has learned about them."""
        with self._lock:
            weights = self._weights.get(key)
            if weights is None or not isinstance(estimate, Estimate) or not estimate:
                found = None
            else:
                found = weights.predict(estimate) / estimate
        return self.ratio(key) if found is None else min(max(found, self.BOUNDS[0]), self.BOUNDS[1])

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

    def remembered(self, key: str, estimate: int = 0) -> float:
        """Return the factor (for one estimate) as far as this process knows it, without asking ``source``."""
        with self._lock:
            if key not in self._ratios:
                return 1.0
        return self.factor(key, estimate)

    def clear(self) -> None:
        """Forget every ratio."""
        with self._lock:
            self._ratios.clear()
            self._weights.clear()
            self._asked.clear()


calibration = Calibration()


def model_key(side: Side, model: str) -> str:
    """Return the name under which :data:`calibration` keeps a model's ratio: the one mean that all estimates use."""
    return f"{side}:model:{model}"


def _schema_tokens(schema: JsonMapping) -> int:
    return -(-len(json.dumps(schema, ensure_ascii=False).encode("utf-8", "replace")) * 2 // 7)


def estimate_request(request: LLMRequest, *, schema_weight: float = 1.0) -> Estimate:
    """Return the estimated input tokens of ``request``, before calibration.

    ``schema_weight``: the share of the answer's schema that counts as prompt; most servers make a grammar of it instead.
    """
    turns, tools = request.messages, request.tools
    # Asked at each step of a call, of a prompt that may be long.
    if "text tokens" not in request.memo:
        texts = [text for turn in turns for text in (turn.text, *_texts_of(turn.tool_calls))]
        texts += [text for tool in tools for text in (tool.name, tool.description)]
        request.memo["text tokens"] = estimate_text(*texts)
    schemas = sum(_schema_tokens(tool.parameters) for tool in tools)
    if schema_weight:
        schemas += round(estimate_schema(request) * schema_weight)
    calls = sum(len(turn.tool_calls) for turn in turns)
    fixed = {
        "frame": 3.0 + _PER_MESSAGE * len(turns) + _PER_CALL * (calls + len(tools)),
        "images": float(_PER_IMAGE * sum(len(turn.images) for turn in turns)),
        "schemas": float(schemas),
    }
    return Estimate.of(request.memo["text tokens"], fixed)


def estimate_schema(request: LLMRequest) -> int:
    """Return the estimated tokens of the schema that ``request`` asks an answer of, were it a part of the prompt."""
    if "schema tokens" not in request.memo:
        schema = requested_schema(request)
        request.memo["schema tokens"] = _schema_tokens(schema.schema) if schema is not None else 0
    found: int = request.memo["schema tokens"]
    return found


def estimate_usage(
    request: LLMRequest,
    text: str = "",
    tool_calls: Iterable[ToolCall] = (),
    *,
    thoughts: str = "",
    schema_weight: float = 1.0,
) -> Usage:
    """Return the estimated usage of a call that delivered ``text`` after ``thoughts``, marked as not reported."""
    calls = list(tool_calls)
    output = Estimate.of(estimate_text(text, thoughts, *_texts_of(calls)), {"frame": float(_PER_CALL * len(calls))})
    return Usage(estimate_request(request, schema_weight=schema_weight), output, reported=False)


def _texts_of(calls: Iterable[ToolCall]) -> list[str]:
    return [text for call in calls for text in (call.name, call.arguments)]

"""How far estimates of tokens are off, by what providers reported: for prompts and for answers, by alias and model.

A model that has reported nothing yet is taken to count as the others of its alias. What a process has not seen is read
from the AI log.
"""

from __future__ import annotations

import math

from django.db.models import F

from ..messages import Usage
from ..models import AILog, CallKind, UsageSource
from ..tokens import Side, calibration, estimate_text, model_key

__all__ = ["connect", "input_tokens", "observe", "observe_schema", "output_tokens", "schema_weight"]

#: Calls of the log whose mean counts.
SAMPLE = 30
#: The share of an estimated answer that is charged.
SURE = 0.75
_SCHEMA = "schema"


def observe_schema(alias: str, model: str, *, prompt: int, schema: int, usage: Usage) -> None:
    """Learn what share of a schema counts as prompt; ``prompt`` (without it) and ``schema`` are plain estimates."""
    # What this process knows alone: in the log, this very call counts already.
    over = usage.input_tokens - prompt * calibration.remembered(model_key("in", model), prompt)
    calibration.observe_share(f"{_SCHEMA}:{alias}", over / schema)


def observe(alias: str, model: str, *, prompt: int, output: int, usage: Usage) -> None:
    """Learn from a call with reported ``usage``; ``prompt`` and ``output`` are its plain estimates."""
    sides: tuple[tuple[Side, int, int], ...] = (
        ("in", prompt, usage.input_tokens),
        ("out", output, usage.output_tokens),
    )
    for side, estimated, reported in sides:
        for key in (_alias_key(side, alias), model_key(side, model)):
            calibration.observe(key, estimated=estimated, reported=reported)


def schema_weight(alias: str) -> float | None:
    """Return the share of a schema's tokens that the server of ``alias`` counts as prompt, ``None`` if unknown."""
    return calibration.share(f"{_SCHEMA}:{alias}")


def input_tokens(alias: str, model: str, estimate: int) -> int:
    """Return the tokens of a prompt whose plain estimate is ``estimate``, rounded up."""
    # 20 * (11 / 20) is a hair more than 11.
    return math.ceil(estimate * _ratio("in", alias, model, estimate) - 1e-6)


def output_tokens(alias: str, model: str, estimate: int) -> int:
    """Return the tokens that are charged for an answer whose plain estimate is ``estimate``.

    The words of one answer differ from those of others; the estimate is lowered by that much, so that nobody is charged
    more than the provider counts.
    """
    return math.floor(estimate * _ratio("out", alias, model, estimate) * SURE + 1e-6)


def connect() -> None:
    """Let the estimator ask the AI log."""
    calibration.source = _logged


def _alias_key(side: Side, alias: str) -> str:
    return f"{side}:alias:{alias}"


def _ratio(side: Side, alias: str, model: str, estimate: int) -> float:
    own = calibration.factor(model_key(side, model), estimate)
    return own if own != 1.0 else calibration.factor(_alias_key(side, alias), estimate)


def _logged(key: str) -> float | None:
    """Return reported over estimated tokens of the last calls that ``key`` names, ``None`` if there were none."""
    side, _, rest = key.partition(":")
    scope, _, name = rest.partition(":")
    if side not in ("in", "out") or not name:
        return None
    rows = AILog.objects.filter(
        usage_source=UsageSource.REPORTED, kind=CallKind.TEXT, is_repair=False, call__prompt_estimate__gt=0
    ).order_by("-created_at")
    rows = rows.filter(alias=name) if scope == "alias" else rows.filter(model_asked=name)
    if side == "in":
        pairs = list(rows.values_list("tokens_in", F("call__prompt_estimate"))[:SAMPLE])
    else:
        kept = rows.exclude(output="").values_list("tokens_out", "output")[:SAMPLE]
        pairs = [(tokens, estimate_text(text)) for tokens, text in kept]
    estimated = sum(pair[1] for pair in pairs)
    return sum(pair[0] for pair in pairs) / estimated if estimated else None

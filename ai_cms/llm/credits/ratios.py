"""How far estimates of tokens are off, by what providers reported: for prompts and for answers, by alias and model.

A model that has reported nothing yet is taken to count as the others of its alias. What a process has not seen is read
from the AI log.
"""

from __future__ import annotations

import math

from django.db.models import F

from ..messages import Usage
from ..models import AILog, CallKind, UsageSource
from ..tokens import calibration, estimate_text

__all__ = ["connect", "input_tokens", "observe", "observe_schema", "output_tokens", "schema_weight"]

#: Calls of the log whose mean counts.
SAMPLE = 30
#: The share of an estimated answer that is charged.
SURE = 0.85
_INPUT, _OUTPUT, _SCHEMA, _ALIAS, _MODEL = "in", "out", "schema", "alias", "model"


def observe_schema(alias: str, model: str, *, prompt: int, schema: int, usage: Usage) -> None:
    """Learn what share of a schema counts as prompt; ``prompt`` (without it) and ``schema`` are plain estimates."""
    # What this process knows alone: in the log, this very call counts already.
    over = usage.input_tokens - prompt * calibration.remembered(f"{_INPUT}:{_MODEL}:{model}")
    calibration.observe_share(f"{_SCHEMA}:{alias}", over / schema)


def observe(alias: str, model: str, *, prompt: int, output: int, usage: Usage) -> None:
    """Learn from a call with reported ``usage``; ``prompt`` and ``output`` are its plain estimates."""
    for side, estimated, reported in ((_INPUT, prompt, usage.input_tokens), (_OUTPUT, output, usage.output_tokens)):
        for scope, name in ((_ALIAS, alias), (_MODEL, model)):
            calibration.observe(f"{side}:{scope}:{name}", estimated=estimated, reported=reported)


def schema_weight(alias: str) -> float | None:
    """Return the share of a schema's tokens that the server of ``alias`` counts as prompt, ``None`` if unknown."""
    return calibration.share(f"{_SCHEMA}:{alias}")


def input_tokens(alias: str, model: str, estimate: int) -> int:
    """Return the tokens of a prompt whose plain estimate is ``estimate``, rounded up."""
    # 20 * (11 / 20) is a hair more than 11.
    return math.ceil(estimate * _ratio(_INPUT, alias, model) - 1e-6)


def output_tokens(alias: str, model: str, estimate: int) -> int:
    """Return the tokens that are charged for an answer whose plain estimate is ``estimate``.

    The words of one answer differ from those of others; the estimate is lowered by that much, so that nobody is charged
    more than the provider counts.
    """
    return math.floor(estimate * _ratio(_OUTPUT, alias, model) * SURE + 1e-6)


def connect() -> None:
    """Let the estimator ask the AI log."""
    calibration.source = _logged


def _ratio(side: str, alias: str, model: str) -> float:
    own = calibration.ratio(f"{side}:{_MODEL}:{model}")
    return own if own != 1.0 else calibration.ratio(f"{side}:{_ALIAS}:{alias}")


def _logged(key: str) -> float | None:
    """Return reported over estimated tokens of the last calls that ``key`` names, ``None`` if there were none."""
    side, _, rest = key.partition(":")
    scope, _, name = rest.partition(":")
    if side not in (_INPUT, _OUTPUT) or not name:
        return None
    rows = AILog.objects.filter(
        usage_source=UsageSource.REPORTED, kind=CallKind.TEXT, is_repair=False, call__prompt_estimate__gt=0
    ).order_by("-created_at")
    rows = rows.filter(alias=name) if scope == _ALIAS else rows.filter(model_asked=name)
    if side == _INPUT:
        pairs = list(rows.values_list("tokens_in", F("call__prompt_estimate"))[:SAMPLE])
    else:
        kept = rows.exclude(output="").values_list("tokens_out", "output")[:SAMPLE]
        pairs = [(tokens, estimate_text(text)) for tokens, text in kept]
    estimated = sum(pair[1] for pair in pairs)
    return sum(pair[0] for pair in pairs) / estimated if estimated else None

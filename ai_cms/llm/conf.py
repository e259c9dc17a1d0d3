"""The settings of ai_cms.llm, keys of ``AI_CMS``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ai_cms.core.conf import AppSettings, Setting, positive

__all__ = ["ENTRY_KEYS", "gateway_settings", "llm_settings", "run_settings"]


def not_negative(value: float) -> str | None:
    """Validate that a number is zero or more."""
    return None if value >= 0 else "must not be below zero"


def percentage(value: float) -> str | None:
    """Validate a whole number from 0 to 100."""
    return None if 0 <= value <= 100 else "must be from 0 to 100"


def days_or_none(value: float | None) -> str | None:
    """Validate a number of days, ``None`` meaning for ever."""
    return None if value is None or value > 0 else "must be above zero, or None to keep for ever"


def limit_or_none(value: float | None) -> str | None:
    """Validate a count above zero, ``None`` meaning no limit."""
    return None if value is None or value > 0 else "must be above zero, or None for no limit"


def patterns(value: Iterable[object]) -> str | None:
    """Validate a list of regular expressions."""
    for pattern in value:
        if not isinstance(pattern, str):
            return "must hold regular expressions as strings"
        try:
            re.compile(pattern)
        except re.error as error:
            return f"{pattern!r} is not a regular expression: {error}"
    return None


def allowances(value: Mapping[str, object]) -> str | None:
    """Validate ``{tier: {"text": credits, "image": credits}}``."""
    for tier, amounts in value.items():
        if not isinstance(amounts, dict) or set(amounts) - {"text", "image"}:
            return f'the entry of tier {tier!r} must be a dict with the keys "text" and "image"'
        for amount in amounts.values():
            if isinstance(amount, bool) or not isinstance(amount, int) or amount < 0:
                return f"the amounts of tier {tier!r} must be whole numbers from zero up"
    return None


def one_of(*choices: str) -> Callable[[object], str | None]:
    """Return a validator that allows only ``choices``."""

    def validate(value: object) -> str | None:
        return None if value in choices else f"must be one of {', '.join(choices)}"

    return validate


class GatewaySettings(AppSettings):
    """What a call may do, cost and leave behind."""

    LLM_RETRIES = Setting(
        2, int, "Further attempts after one that failed before anything was received.", validate=not_negative
    )
    LLM_RETRY_WAIT = Setting(
        10.0, (int, float), "Seconds a call waits between its attempts, all together.", validate=not_negative
    )
    LLM_ADMISSION_WAIT = Setting(
        10.0,
        (int, float),
        "Seconds a call waits for a free place, or for credits that other calls of the user hold.",
        validate=not_negative,
    )
    LLM_CALLS_PER_USER = Setting(
        8, (int, type(None)), "Calls of one user that may be open at once; None for no limit.", validate=limit_or_none
    )
    LLM_CALLS_PER_ALIAS = Setting(
        64, (int, type(None)), "Calls of one alias that may be open at once; None for no limit.", validate=limit_or_none
    )
    LLM_BREAKER_FAILURES = Setting(5, int, "Failures in a row that open the circuit of an alias.", validate=positive)
    LLM_BREAKER_SECONDS = Setting(
        30, (int, float), "Seconds an open circuit refuses calls before it lets one try.", validate=positive
    )
    LLM_MAX_OUTPUT_TOKENS = Setting(
        4096,
        int,
        "Tokens of an answer where the request names no max_tokens.",
        validate=positive,
    )
    LLM_MIN_OUTPUT_TOKENS = Setting(
        16,
        int,
        "Tokens of an answer that the credits left must allow for; a plain-text answer is cut to fit them.",
        validate=positive,
    )
    LLM_CHARGE_TIMEOUTS = Setting(
        False, bool, "Charge the estimated prompt of a call that timed out with nothing received, as some providers do."
    )
    LLM_REFUND_INVALID_IMAGES = Setting(False, bool, "Charge nothing for an image that could not be used.")
    LLM_ON_DISCONNECT = Setting(
        "close",
        str,
        'What becomes of the answer when the client leaves: "close" stops it, "drain" reads it to its end.',
        validate=one_of("close", "drain"),
    )
    LLM_CREDITS = Setting(True, bool, "Hold and charge credits; without, calls are only logged.")
    LLM_TOKENS_PER_CREDIT = Setting(1000, int, "Tokens that one text credit pays for.", validate=positive)
    LLM_CHARGE_STEP = Setting(
        1,
        int,
        "Tokens a charge is rounded up to; as LLM_TOKENS_PER_CREDIT it charges whole credits.",
        validate=positive,
    )
    LLM_ALLOWANCES: Setting[dict[str, dict[str, int]]] = Setting(
        lambda: {"free": {"text": 100, "image": 10}, "pro": {"text": 2000, "image": 200}},
        dict,
        "Credits a month by tier; what is left of them lapses with the month.",
        validate=allowances,
    )
    LLM_TIER = Setting(
        "ai_cms.llm.credits.ledger.tier_of",
        str,
        "Dotted path of a function that returns a user's tier; the default reads subscription_tier, else says free.",
    )
    LLM_CREDITS_LOW = Setting(
        10, int, "Percentage of the month's allowance below which credits_running_low is sent.", validate=percentage
    )
    LLM_LOG_PROMPTS = Setting(True, bool, "Keep prompts and outputs in the AI log; without, only the figures.")
    LLM_LOG_RETENTION_DAYS = Setting(
        90, (int, type(None)), "Days that prompts and outputs are kept; the figures stay.", validate=days_or_none
    )
    LLM_REDACT: Setting[list[str]] = Setting(
        list,
        (list, tuple),
        "Regular expressions of what the AI log must not keep.",
        validate=patterns,
    )


class RunSettings(AppSettings):
    """Who carries runs out, and how they are watched."""

    RUNNER = Setting(
        "thread",
        str,
        '"thread", "task", "celery", "inline", or the dotted path of an executor class.',
    )
    RUN_THREADS = Setting(8, int, "Threads of a web process that carry out runs.", validate=positive)
    RUN_OPEN_PER_USER = Setting(
        20,
        (int, type(None)),
        "Open runs of one user; None for no limit.",
        validate=limit_or_none,
    )
    RUN_LEASE_SECONDS = Setting(
        30, (int, float), "Seconds after the last sign of life that a run is taken for abandoned.", validate=positive
    )
    RUN_FLUSH_MS = Setting(80, int, "Milliseconds of text gathered into one event.", validate=positive)
    RUN_STREAM_SECONDS = Setting(
        300, (int, float), "Seconds an event stream stays open before the client has to come back.", validate=positive
    )
    WEB_THREADS = Setting(
        4,
        int,
        "Threads of one WSGI process, as gunicorn --threads: half of them may wait for models or hold event streams, "
        "the others serve pages.",
        validate=positive,
    )
    RUN_PING_SECONDS = Setting(15, (int, float), "Seconds between signs of life in an event stream.", validate=positive)
    RUN_RETENTION_DAYS = Setting(
        30, (int, type(None)), "Days a finished run and its events are kept.", validate=days_or_none
    )


gateway_settings = GatewaySettings()
run_settings = RunSettings()


#: The keys that an entry of ``AI_CMS["LLM"]`` may have.
ENTRY_KEYS = frozenset({"BACKEND", "MODEL", "OPTIONS", "FALLBACK"})


def aliases(value: Mapping[str, object]) -> str | None:
    """Validate that every entry of ``AI_CMS["LLM"]`` is a dict under a name."""
    for alias, entry in value.items():
        if not isinstance(alias, str) or not alias:
            return f"the alias {alias!r} must be a string"
        if not isinstance(entry, dict):
            return f"the entry of {alias!r} must be a dict"
    return None


def prices(value: Mapping[str, object]) -> str | None:
    """Validate ``{model: {"input": n, "cached": n, "output": n, "image": n}}`` in whole micro-dollars from zero up."""
    for model, rates in value.items():
        if not isinstance(model, str) or not isinstance(rates, dict):
            return f"the entry of {model!r} must be a dict of rates under the name of a model"
        unknown = set(rates) - {"input", "cached", "output", "image"}
        if unknown:
            return f"the entry of {model!r} has the unknown rate {sorted(map(str, unknown))[0]!r}"
        for name, rate in rates.items():
            if isinstance(rate, bool) or not isinstance(rate, int) or rate < 0:
                return f"the rate {name!r} of {model!r} must be a whole number of micro-dollars from zero up"
    return None


class LLMSettings(AppSettings):
    """Which models there are and what they cost."""

    LLM: Setting[dict[str, Any]] = Setting(
        dict,
        dict,
        "Backends by alias: BACKEND, MODEL, OPTIONS and FALLBACK (aliases to try when this one is down).",
        validate=aliases,
    )
    LLM_PRICES: Setting[dict[str, Any]] = Setting(
        dict,
        dict,
        "Micro-dollars for a million tokens (input, cached, output) and for one image, by model or alias:model; "
        'names may end in "*".',
        validate=prices,
    )
    LLM_FALLBACK_PRICE: Setting[dict[str, Any]] = Setting(
        dict,
        dict,
        "Rates of models that LLM_PRICES does not name; empty: their calls are logged without a cost and flagged.",
        validate=lambda value: prices({"fallback": value}) if value else None,
    )


llm_settings = LLMSettings()

"""What a call costs, in whole micro-dollars.

Rates are micro-dollars for a million tokens and for one image, so that prices of a fraction of a cent stay whole
numbers. A model without a price is never free: the configured fallback counts, and where there is none the cost is
unknown and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from ...core.jsontypes import JsonObject
from ..conf import llm_settings, prices
from ..exceptions import InvalidLLMBackend
from ..messages import Usage

__all__ = ["FREE", "Cost", "Price", "cost_of", "price_of"]

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Rates of one model. ``source``: the key of ``LLM_PRICES`` they are from, "fallback" or "free"."""

    input: int = 0
    cached: int = 0
    output: int = 0
    image: int = 0
    source: str = ""

    def __post_init__(self) -> None:
        for name in ("input", "cached", "output", "image"):
            rate = getattr(self, name)
            if isinstance(rate, bool) or not isinstance(rate, int) or rate < 0:
                raise ValueError(
                    f"The rate {name!r} must be a whole number of micro-dollars from zero up, not {rate!r}."
                )

    def tokens(self, usage: Usage) -> int:
        """Return the micro-dollars of ``usage``, rounded up."""
        cached = min(usage.cached_tokens, usage.input_tokens)
        total = (usage.input_tokens - cached) * self.input + cached * self.cached + usage.output_tokens * self.output
        return -(-total // _MILLION)

    def snapshot(self) -> JsonObject:
        """Return the rates as they are kept with a call."""
        return asdict(self)


FREE = Price(source="free")


@dataclass(frozen=True, slots=True)
class Cost:
    """``micro_dollars`` is ``None`` where nobody named a price. ``estimated``: tokens or price are not the real
    ones.
    """

    micro_dollars: int | None
    price: Price | None
    estimated: bool = False

    @property
    def known(self) -> bool:
        return self.micro_dollars is not None


def price_of(alias: str, model: str) -> Price | None:
    """Return the price of ``model`` called by ``alias``: its own, the fallback, or ``None``.

    Names are tried from the most to the least exact: ``alias:model``, ``model``, then patterns that end in ``*``, the
    longest first. Raises InvalidLLMBackend if the table is not valid.
    """
    table = llm_settings.LLM_PRICES
    problem = prices(table)
    if problem:
        raise InvalidLLMBackend(f"AI_CMS['LLM_PRICES']: {problem}.")
    names = (f"{alias}:{model}", model)
    for name in names:
        if name in table:
            return _price(table[name], name)
    patterns = sorted((key for key in table if key.endswith("*")), key=len, reverse=True)
    for pattern in patterns:
        if any(name.startswith(pattern[:-1]) for name in names):
            return _price(table[pattern], pattern)
    fallback = llm_settings.LLM_FALLBACK_PRICE
    if fallback:
        problem = prices({"fallback": fallback})
        if problem:
            raise InvalidLLMBackend(f"AI_CMS['LLM_FALLBACK_PRICE']: {problem}.")
        return _price(fallback, "fallback")
    return None


def cost_of(price: Price | None, usage: Usage, *, images: int = 0) -> Cost:
    """Return the cost of ``usage`` and ``images`` at ``price``."""
    if price is None:
        return Cost(None, None, estimated=True)
    total = price.tokens(usage) + images * price.image
    estimated = price.source == "fallback" or (not usage.reported and price is not FREE and not images)
    return Cost(total, price, estimated=estimated)


def _price(rates: Mapping[str, int], source: str) -> Price:
    # A discount that is not named does not exist.
    return Price(**{"cached": rates.get("input", 0), **rates}, source=source)

"""What a model makes of each part of an estimate, learned from what providers report.

Each report is one sum: so many tokens for so much of words, digits, Chinese and the rest. The weights of the parts follow
from a few of them (recursive least squares, begun at the fitted weights): a model that was asked in English is not thought to
count Chinese as the last one did, and the first Chinese prompt teaches about Chinese alone.
"""

from __future__ import annotations

from .estimates import Estimate

__all__ = ["Weights"]

#: How far, as shares, a tokenizer is believed to be off the fitted weights: in all parts alike, and in each by itself.
_COMMON, _SINGLE = 0.4, 0.5
#: And in all parts alike, where the log has told the mean.
_KNOWN_COMMON = 0.1
#: How far reports stray about the right weights, as a share; and how far these may wander from call to call.
_NOISE, _DRIFT = 0.02, 1e-5


class Weights:
    """The weights of one model: a factor that is common to all parts, and what each part has beside it.

    ``start``: the mean of reported over estimated tokens, where it is known.
    """

    def __init__(self, start: float | None = None) -> None:
        self._names: list[str] = [""]
        self._mean = [1.0 if start is None else start]
        self._spread = [[(_COMMON if start is None else _KNOWN_COMMON) ** 2]]

    def predict(self, estimate: Estimate) -> float:
        """Return the tokens of ``estimate`` as this model counts them."""
        known = dict(zip(self._names, self._mean, strict=True))
        return sum(tokens * (known[""] + known.get(name, 0.0)) for name, tokens in estimate.parts.items())

    def learn(self, estimate: Estimate, reported: int) -> None:
        """Take a report of the tokens of ``estimate`` into account."""
        for name in estimate.parts:
            if name not in self._names:
                self._add(name)
        row = [float(sum(estimate.parts.values())), *(estimate.parts.get(name, 0.0) for name in self._names[1:])]
        gain = [sum(map(_product, line, row)) for line in self._spread]
        # One token more or less is the rounding.
        total = sum(map(_product, gain, row)) + (_NOISE * reported) ** 2 + 1.0
        error = reported - sum(map(_product, self._mean, row))
        self._mean = [mean + one * error / total for mean, one in zip(self._mean, gain, strict=True)]
        self._spread = [
            [value - one * other / total for value, other in zip(line, gain, strict=True)]
            for line, one in zip(self._spread, gain, strict=True)
        ]
        for index, line in enumerate(self._spread):
            line[index] += _DRIFT

    def _add(self, name: str) -> None:
        self._names.append(name)
        self._mean.append(0.0)
        for line in self._spread:
            line.append(0.0)
        self._spread.append([0.0] * (len(self._names) - 1) + [_SINGLE**2])


def _product(first: float, second: float) -> float:
    return first * second

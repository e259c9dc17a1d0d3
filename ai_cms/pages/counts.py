"""How many entries lists have: what one process has counted, for a few seconds.

Counting reads every entry, the page of a list only its own. A key names the list and all that its number depends on, the
generation of the site among it; what no write tells, such as an expiry, is seen when the seconds are over.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Any

from ai_cms.core.lane import forgets

__all__ = ["Counts", "kept_counts"]

SECONDS = 10
_MOST = 1_000


class Counts:
    """Values by key, at most a thousand, forgotten every ten seconds."""

    def __init__(self) -> None:
        self._values: dict[Any, Any] = {}

    def get(self, key: Hashable) -> Any:
        """Return what was put, or ``None``."""
        return self._values.get((_seconds(), key))

    def clear(self) -> None:
        """Forget all of them."""
        self._values.clear()

    def put(self, key: Hashable, value: Any) -> None:
        """Keep a value for a few seconds."""
        if len(self._values) >= _MOST:
            self.clear()
        self._values[_seconds(), key] = value


_counts = Counts()


def kept_counts() -> Counts:
    """Return what is kept now; what is put there after a change was seen is forgotten with the rest."""
    return _counts


@forgets
def _forget_counts() -> None:
    global _counts
    _counts = Counts()


def _seconds() -> int:
    return int(time.monotonic() / SECONDS)

"""Keep answers in the memory of a process, up to a bound: those least recently asked for go first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable

from .answers import KeptAnswer

__all__ = ["AnswerStore"]


class AnswerStore:
    """Answers by key. ``bound``: bytes; ``size``: bytes now."""

    def __init__(self, bound: int) -> None:
        self.bound = bound
        self.size = 0
        self._entries: OrderedDict[Hashable, tuple[KeptAnswer, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> KeptAnswer | None:
        """Return the answer of a key, as the one last asked for."""
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            self._entries.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, answer: KeptAnswer) -> None:
        """Keep an answer, or count it anew after it grew; one that is larger than an eighth of the bound is not kept."""
        with self._lock:
            self._drop(key)
            size = answer.size
            if size > self.bound // 8:
                return
            self._entries[key] = (answer, size)
            self.size += size
            while self.size > self.bound:
                self._drop(next(iter(self._entries)))

    def clear(self) -> None:
        """Forget every answer."""
        with self._lock:
            self._entries.clear()
            self.size = 0

    def _drop(self, key: Hashable) -> None:
        found = self._entries.pop(key, None)
        if found is not None:
            self.size -= found[1]

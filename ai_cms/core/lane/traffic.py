"""The lane of a process: from a request to what is kept for it, and from a finished answer to what is kept."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.db import DatabaseError
from django.utils import timezone

from ..conf import core_settings
from .answers import KEPT_STATUSES, Header, KeptAnswer, Refused, vary_of
from .changes import ChangeReader
from .keys import VARYING_AT, KeyMaker, header_name
from .slots import Slot, answered
from .store import AnswerStore
from .watching import forget_memos, next_expiry

__all__ = ["Ask", "FastLane", "get_lane"]

logger = logging.getLogger(__name__)

#: Headers that ``Vary`` may name beside those that every key holds.
_MOST_VARYING = 12
_MOST_REASONS = 20
_NEVER = float("inf")


@dataclass(slots=True)
class Ask:
    """A request that has a key: what was counted, and when, before anything was looked at."""

    environ: Mapping[str, Any]
    key: tuple[Any, ...]
    began: float
    generation: object = None

    @property
    def may_fill(self) -> bool:
        """Whether the answer to it is that of everybody with its key: whole, and of no condition."""
        environ = self.environ
        return environ["REQUEST_METHOD"] == "GET" and not (
            "HTTP_IF_NONE_MATCH" in environ or "HTTP_RANGE" in environ or "HTTP_IF_RANGE" in environ
        )


class FastLane:
    """What is kept, and how it is known to be good. One for all threads of a process."""

    def __init__(self) -> None:
        self.place = "off" if settings.DEBUG else core_settings.FAST_LANE
        self.changes = ChangeReader()
        self.store = AnswerStore(core_settings.FAST_LANE_BYTES)
        self.hits = self.misses = self.long = 0
        self.refused: dict[str, int] = {}
        self._keys = KeyMaker()
        self._lock = threading.Lock()
        self._generation: object = None
        #: Until when what is kept is good by the clock; 0 where that is to be asked.
        self._good_until = 0.0
        self._since = 0.0
        self._known_expiry = False
        #: What answers look like that were once the same twice: their kind and the names of their headers.
        self._proven: set[tuple[str, frozenset[str]]] = set()

    def ask(self, environ: Mapping[str, Any], scheme: str) -> Ask | None:
        """Return what to look for; None for a request that takes the long way."""
        key = self._keys.key(environ, scheme)
        if key is None:
            self.long += 1
            return None
        # Before anything else: what was acknowledged until now is in the count that is read next.
        return Ask(environ, key, time.time())

    def find(self, ask: Ask) -> tuple[str, list[Header], bytes] | None:
        """Read the count and return the kept answer; None where there is none that is good."""
        generation = self.changes.read()
        if generation is None:
            self.long += 1
            return None
        ask.generation = generation
        if generation != self._generation or ask.began >= self._good_until:
            self._begin(generation, ask.began)
        entry = self.store.get(ask.key)
        if entry is None or entry.generation != generation or entry.trial:
            self.misses += 1
            return None
        self.hits += 1
        status, headers, body, grown = entry.respond(ask.environ)
        if grown:
            self.store.put(ask.key, entry)
        answered(ask.environ, status)
        return status, headers, body

    def fill(self, ask: Ask, slot: Slot, status: str, headers: Sequence[Header], body: bytes) -> None:
        """Keep a finished answer, if it may be kept and nothing has changed since it was asked for."""
        if not slot.kind or ask.generation is None or int(status[:3]) not in KEPT_STATUSES or not ask.may_fill:
            return
        try:
            self._learn_to_vary(headers)
            answer = KeptAnswer(status, headers, body, ask.generation)
        except Refused as error:
            self._note(f"{slot.kind}: {error}")
            return
        # Vary names no more than it did when the request's key was made, or the key would lack what it names.
        if ask.key[VARYING_AT] != self._keys.varying or not self._good(ask):
            return
        answer.size += sum(len(part) for part in ask.key if isinstance(part, str))
        shape = (slot.kind, answer.names)
        if shape not in self._proven:
            self._try_twice(ask, shape, answer)
        with self._lock:
            if ask.generation == self._generation:
                self.store.put(ask.key, answer)

    def _try_twice(self, ask: Ask, shape: tuple[str, frozenset[str]], answer: KeptAnswer) -> None:
        """Find out whether answers that look like this one come out the same: something in the host's middleware, a number
        of the request, a nonce, may make each another one. Until they did once they are kept to be compared, not served."""
        before = self.store.get(ask.key)
        if before is None or before.generation != answer.generation:
            answer.trial = True
        elif before.same_as(answer):
            self._proven.add(shape)
        else:
            answer.trial = True
            changed = sorted({name for name, _value in {*before.headers} ^ {*answer.headers}})
            self._note(f"{shape[0]}: two answers differ in {', '.join(changed) or 'the body'}")

    def _learn_to_vary(self, headers: Sequence[Header]) -> None:
        """Have keys hold what an answer varies by from now on. Raises Refused for too much of it."""
        new = {header_name(name) for name in vary_of(headers)} - {*self._keys.varying}
        if not new or new & {"HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_*"}:
            return
        if len(self._keys.varying) + len(new) > _MOST_VARYING:
            raise Refused(f"it varies by too many headers: {', '.join(sorted(new))}")
        with self._lock:
            self._keys.varying = (*self._keys.varying, *sorted(new - {*self._keys.varying}))
            self.store.clear()

    def _begin(self, generation: object, began: float) -> None:
        """Forget what is kept, and what else this process remembers of tables, after a change or when a moment has passed."""
        with self._lock:
            if generation == self._generation and began < self._good_until:
                return
            # First of all: an answer that is made of what was remembered is not to count as one of the new generation.
            forget_memos()
            self.store.clear()
            self._since, self._good_until, self._known_expiry = began, _NEVER, False
            self._generation = generation

    def _good(self, ask: Ask) -> bool:
        """Return whether nothing has become another by the clock since the request began."""
        if ask.began < self._since or ask.generation != self._generation:
            return False
        if not self._known_expiry:
            since = self._since
            try:
                # Of the moment from which on answers are kept: one that was made before it passed is not kept behind it.
                moment = next_expiry(_aware(since))
            except DatabaseError:
                return False
            with self._lock:
                if ask.generation != self._generation or since != self._since:
                    return False
                self._good_until = _NEVER if moment is None else moment.timestamp()
                self._known_expiry = True
        return time.time() < self._good_until

    def _note(self, reason: str) -> None:
        if reason in self.refused or len(self.refused) < _MOST_REASONS:
            self.refused[reason] = self.refused.get(reason, 0) + 1

    def clear(self) -> None:
        """Forget everything, the connection included."""
        self.store.clear()
        self.changes.close()

    def report(self) -> dict[str, Any]:
        """Return what staff are told: memory in bytes, hits, misses, and why answers were not kept."""
        asked = self.hits + self.misses
        return {
            "place": self.place,
            "trouble": self.changes.trouble if self.place != "off" else "",
            "bytes": self.store.size,
            "bytes_allowed": self.store.bound,
            "answers": len(self.store),
            "hits": self.hits,
            "misses": self.misses,
            "long_way": self.long,
            "hit_rate": round(self.hits / asked, 3) if asked else None,
            "not_kept": dict(self.refused),
        }


def _aware(moment: float) -> datetime:
    found = datetime.fromtimestamp(moment, UTC)
    return found if settings.USE_TZ else timezone.make_naive(found)


_lane: FastLane | None = None
_making = threading.Lock()


def get_lane() -> FastLane:
    """Return the lane of this process."""
    global _lane
    found = _lane
    if found is None:
        with _making:
            found = _lane = _lane or FastLane()
    return found


def _begin_anew(*, setting: str = "", **signal: object) -> None:
    """Forget the lane of other settings; tests change them, a running site does not."""
    global _lane
    if _lane is not None:
        _lane.clear()
        _lane = None


setting_changed.connect(_begin_anew, dispatch_uid="ai_cms.core.lane")

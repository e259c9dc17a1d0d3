"""Wake those who wait for news of a conversation: in this process at once, in others through the channel layer.

A wake-up says that there may be something to read, never what: the rows are the truth, and readers look by themselves every few
seconds. So nothing is lost with a message that a channel layer drops, or while Redis is away, and sites without Channels need
none of it.

One thread of the process does all the talking to the layer. Neither a request nor a socket waits for Redis, and a connection
that breaks ends nobody's socket.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Protocol
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from ai_cms.core.jsontypes import JsonObject

from .layer import LayerLink

__all__ = ["HERE", "ROWS", "TYPING", "WHO", "Hub", "Listener", "hub", "wake_readers"]

logger = logging.getLogger("ai_cms.chat")

#: What is said to those who wait: that rows have changed; who types; who is here, and the question for that.
ROWS, TYPING, HERE, WHO = "rows", "typing", "here", "who"


class Listener(Protocol):
    """Whoever waits for news. Called from any thread, and never kept waiting for."""

    def heard(self, key: UUID, kind: str, data: JsonObject) -> None: ...


class Hub:
    """Those of this process who wait, by conversation."""

    def __init__(self) -> None:
        #: Under which this process knows its own words when the layer brings them back.
        self.origin = uuid4().hex
        self._lock = threading.Lock()
        self._listeners: dict[UUID, set[Listener]] = {}
        self._link: LayerLink | None = None
        #: Whether this process serves WebSockets.
        self.has_sockets = False
        #: Called every few seconds while somebody listens, with the layer's other processes in mind.
        self.tickers: list[Callable[[], None]] = []
        #: Called once for what is said of a kind, before those who listen.
        self.handlers: dict[str, Callable[[UUID, str, JsonObject], None]] = {}

    def listen(self, key: UUID, listener: Listener) -> None:
        """Tell ``listener`` what is said of a conversation."""
        with self._lock:
            known = self._listeners.setdefault(key, set())
            first = not known
            known.add(listener)
        if first and (link := self._layer()) is not None:
            link.join(key)

    def forget(self, key: UUID, listener: Listener) -> None:
        """Tell it no more; for one that is not known it does nothing."""
        with self._lock:
            known = self._listeners.get(key, set())
            known.discard(listener)
            last = key in self._listeners and not known
            if last:
                del self._listeners[key]
        if last and (link := self._layer()) is not None:
            link.leave(key)

    def only(self, listener: Listener, known: Iterable[UUID], wanted: Iterable[UUID]) -> set[UUID]:
        """Have ``listener`` listen to ``wanted`` in place of ``known``; return ``wanted`` as a set."""
        before, after = set(known), set(wanted)
        for key in before - after:
            self.forget(key, listener)
        for key in after - before:
            self.listen(key, listener)
        return after

    def post(self, key: UUID, kind: str, data: JsonObject | None = None) -> None:
        """Say something to those who listen, here and in other processes."""
        self.deliver(key, kind, data or {})
        if (link := self._layer()) is not None:
            link.send(key, kind, data or {})

    def deliver(self, key: UUID, kind: str, data: JsonObject) -> None:
        """Say something to those of this process."""
        if (handler := self.handlers.get(kind)) is not None:
            handler(key, kind, data)
        with self._lock:
            known = list(self._listeners.get(key, ()))
        for listener in known:
            listener.heard(key, kind, data)

    def keys(self) -> list[UUID]:
        """Return the conversations that somebody of this process listens to."""
        with self._lock:
            return list(self._listeners)

    def listens(self, key: UUID) -> bool:
        """Return whether somebody of this process listens to a conversation."""
        with self._lock:
            return key in self._listeners

    def everybody_looks(self) -> None:
        """Have all readers look: what was said meanwhile may be lost."""
        for key in self.keys():
            self.deliver(key, ROWS, {})

    def tick(self) -> None:
        """Have done what is done every few seconds."""
        for ticker in self.tickers:
            try:
                ticker()
            except Exception:
                logger.exception("What chat does every few seconds has failed.")

    def begin_anew(self) -> None:
        """Begin anew in a forked process, which has none of its parent's threads and sockets."""
        self.origin = uuid4().hex
        self._lock = threading.Lock()
        self._listeners, self._link = {}, None

    def _layer(self) -> LayerLink | None:
        """Return the link to the layer, begun when it is first needed; ``None`` where the site has none."""
        if not getattr(settings, "CHANNEL_LAYERS", None):
            return None
        if self._link is None:
            with self._lock:
                if self._link is None:
                    self._link = LayerLink(self)
        return self._link if self._link.is_needed else None


hub = Hub()


def wake_readers(*keys: UUID) -> None:
    """Have readers of conversations look once the transaction is committed."""
    for key in keys:
        transaction.on_commit(partial(_wake, key))


def _wake(key: UUID) -> None:
    try:
        hub.post(key, ROWS)
    except Exception:
        # The row is written, and readers look by themselves.
        logger.exception("Readers of the conversation %s could not be woken.", key)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=hub.begin_anew)

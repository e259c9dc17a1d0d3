"""How a call is stopped from outside of it."""

from __future__ import annotations

import threading
from collections.abc import Callable

__all__ = ["CancelToken"]


class CancelToken:
    """Stop a call from another thread; backends register what closes their connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._event = threading.Event()
        self._callbacks: list[Callable[[], None]] = []
        self._forget: list[Callable[[], None]] = []

    @classmethod
    def of_both(cls, first: CancelToken, second: CancelToken) -> CancelToken:
        """Return a token that is cancelled with either of two, and cancels neither; release() it at the end."""
        token = cls()
        token._forget = [other.on_cancel(token.cancel) for other in (first, second)]
        return token

    def release(self) -> None:
        """Take back what others were asked to tell this token: they may live longer than the call."""
        forget, self._forget = self._forget, []
        for take_back in forget:
            take_back()

    def cancel(self) -> None:
        """Stop the call. Calling it again, or after the end of the call, does nothing."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    @property
    def cancelled(self) -> bool:
        return self._event.is_set()

    def wait(self, timeout: float | None = None) -> bool:
        """Block until cancelled or for ``timeout`` seconds; return whether it is cancelled (a sleep that can be
        cut).
        """
        return self._event.wait(timeout)

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Run ``callback`` when cancelled, at once if that has happened; return a function that takes it back."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return lambda: self._remove(callback)
        callback()
        return lambda: None

    def _remove(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

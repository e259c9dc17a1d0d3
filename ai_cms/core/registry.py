"""An explicit registry: blocks, tools, tasks, importers and API routes live in instances of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from django.utils.module_loading import autodiscover_modules

from .exceptions import AlreadyRegistered, NotRegistered

__all__ = ["Autodiscovery", "Registry"]

T = TypeVar("T")


class Registry(Generic[T]):
    """Keep named things in registration order.

    ``label`` names the kind in error messages ("block type"). ``on_change`` callbacks run after every change, for
    whoever keeps something derived from the registry (compiled validators, schemas).
    """

    def __init__(self, label: str) -> None:
        self.label = label
        self._items: dict[str, T] = {}
        self._listeners: list[Callable[[], None]] = []

    def register(self, name: str, item: T) -> T:
        """Add ``item`` under ``name``; registering the same object again does nothing.

        Raises AlreadyRegistered if another object has the name.
        """
        current = self._items.get(name)
        if current is item:
            return item
        if current is not None:
            raise AlreadyRegistered(
                f"The {self.label} {name!r} is already registered as {current!r}. "
                f"Unregister it first, or give {item!r} another name."
            )
        self._items[name] = item
        self._changed()
        return item

    def unregister(self, name: str) -> T:
        """Remove and return the item called ``name``. Raises NotRegistered."""
        try:
            item = self._items.pop(name)
        except KeyError:
            raise self._missing(name) from None
        self._changed()
        return item

    @contextmanager
    def temporarily(self, name: str, item: T) -> Iterator[T]:
        """Register ``item`` for the length of a ``with`` block, in place of whatever has the name (for tests)."""
        before = self._items.get(name)
        self._items[name] = item
        self._changed()
        try:
            yield item
        finally:
            # Only this name: what else came meanwhile, such as an autodiscovered module's, is there to stay.
            if before is None:
                self._items.pop(name, None)
            else:
                self._items[name] = before
            self._changed()

    def copy(self) -> Registry[T]:
        """Return an independent registry with the same items and no listeners."""
        twin: Registry[T] = type(self).__new__(type(self))
        Registry.__init__(twin, self.label)
        twin._items = dict(self._items)
        return twin

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every change."""
        self._listeners.append(listener)

    def get(self, name: str) -> T | None:
        """Return the item called ``name``, or ``None``."""
        return self._items.get(name)

    def items(self) -> list[tuple[str, T]]:
        """Return (name, item) pairs in registration order."""
        return list(self._items.items())

    def __getitem__(self, name: str) -> T:
        try:
            return self._items[name]
        except KeyError:
            raise self._missing(name) from None

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._items))

    def __len__(self) -> int:
        return len(self._items)

    def _missing(self, name: str) -> NotRegistered:
        known = ", ".join(sorted(self._items)) or "none"
        return NotRegistered(f"There is no {self.label} {name!r}. Registered: {known}.")

    def _changed(self) -> None:
        for listener in self._listeners:
            listener()


class Autodiscovery:
    """Import the modules of one name in all installed apps, once, when it is first called.

    ``ours``: imports that go before, so that a host can take out or replace what they register. Threads that call
    meanwhile wait until everything is there. What a module raises reaches the caller, and the next call tries again.
    """

    def __init__(self, module: str, *, ours: Callable[[], object] | None = None) -> None:
        self.module = module
        self._ours = ours
        self._lock = threading.RLock()
        self._done = self._running = False

    def __call__(self) -> None:
        if self._done:
            return
        with self._lock:
            # The modules themselves may ask the registry they register in.
            if self._done or self._running:
                return
            self._running = True
            try:
                if self._ours is not None:
                    self._ours()
                autodiscover_modules(self.module)
                self._done = True
            finally:
                self._running = False

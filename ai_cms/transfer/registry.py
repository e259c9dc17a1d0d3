"""The importers by name, and the hooks of host projects.

Modules called ``cms_importers`` in the installed apps are imported before the first import runs::

    # myapp/cms_importers.py
    from ai_cms.transfer import ImportHook, importers

    @importers.register
    class OldAuthors(ImportHook):
        importers = ("wordpress",)

        def before_item(self, item):
            item.metadata["team"] = "archive"
            return item
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import TypeVar

from ai_cms.core.registry import Autodiscovery, Registry

from .base import Importer, ImportHook

__all__ = ["ImporterRegistry", "importers"]

T = TypeVar("T", bound=type[Importer] | type[ImportHook])


class ImporterRegistry:
    """Hold importers and hooks in the order of their registration."""

    def __init__(self) -> None:
        self._importers: Registry[type[Importer]] = Registry("importer")
        self._hooks: list[type[ImportHook]] = []
        #: Import the ``cms_importers`` modules of the installed apps, once.
        self.discover = Autodiscovery("cms_importers", ours=partial(import_module, "ai_cms.transfer.cms_importers"))

    def register(self, item: T) -> T:
        """Add an importer class or a hook class; a decorator, or a call. Registering it again does nothing.

        Raises AlreadyRegistered when another importer has the name, TypeError for anything else.
        """
        if isinstance(item, type) and issubclass(item, Importer):
            if not item.name:
                raise TypeError(f"{item.__qualname__}.name is empty; importers are stored and found by it.")
            self._importers.register(item.name, item)
        elif isinstance(item, type) and issubclass(item, ImportHook):
            if item not in self._hooks:
                self._hooks.append(item)
        else:
            raise TypeError(f"Register a subclass of Importer or of ImportHook, not {item!r}.")
        return item

    def unregister(self, item: type[Importer] | type[ImportHook]) -> None:
        """Remove an importer or a hook. Raises NotRegistered, ValueError."""
        if issubclass(item, Importer):
            self._importers.unregister(item.name)
        else:
            self._hooks.remove(item)

    @contextmanager
    def temporarily(self, item: T) -> Iterator[T]:
        """Register ``item`` for the length of a ``with`` block (for tests)."""
        # First, or an importer of the same name would be refused when its module is imported inside the block.
        self.discover()
        if issubclass(item, Importer):
            with self._importers.temporarily(item.name, item):
                yield item
            return
        before, self._hooks = self._hooks, [*self._hooks, item]
        try:
            yield item
        finally:
            self._hooks = before

    def __getitem__(self, name: str) -> type[Importer]:
        self.discover()
        return self._importers[name]

    def __contains__(self, name: object) -> bool:
        self.discover()
        return name in self._importers

    def __iter__(self) -> Iterator[str]:
        self.discover()
        return iter(self._importers)

    def hooks(self, name: str) -> list[ImportHook]:
        """Return fresh instances of the hooks for the importer called ``name``."""
        self.discover()
        fitting = [hook for hook in self._hooks if not hook.importers or name in hook.importers]
        return [hook() for hook in sorted(fitting, key=lambda hook: hook.runs_last)]


#: The importers and hooks of this project.
importers = ImporterRegistry()

"""The registry of block types: ``blocks``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, overload

from ai_cms.core.registry import Registry

from ..exceptions import InvalidBlockClass
from .annotations import build
from .base import Block

__all__ = ["BlockRegistry", "blocks"]

B = TypeVar("B", bound=type[Block])


class BlockRegistry(Registry[type[Block]]):
    """Keep block classes by their type, with what is derived from all of them cached until something changes."""

    def __init__(self, label: str = "block type") -> None:
        super().__init__(label)
        self._derived: dict[Any, Any] = {}

    @overload
    def register(self, name: B) -> B: ...
    @overload
    def register(self, name: str, item: type[Block]) -> type[Block]: ...
    def register(self, name: object, item: type[Block] | None = None) -> Any:
        """Add a block class under its ``Meta.type``; a decorator, or a call.

        Raises AlreadyRegistered if another class has the type, InvalidBlockClass if the class is abstract or no
        block at all.
        """
        block_class = _checked(name if item is None else item)
        return super().register(block_class.block_meta.type, block_class)

    def unregister(self, name: str | type[Block]) -> type[Block]:
        """Remove and return a block class, named by its type or itself. Raises NotRegistered."""
        return super().unregister(name if isinstance(name, str) else name.block_meta.type)

    @contextmanager
    def temporarily(self, name: object, item: type[Block] | None = None) -> Iterator[type[Block]]:
        """Register a block class for the length of a ``with`` block, in place of whatever has its type (for tests)."""
        block_class = _checked(name if item is None else item)
        with super().temporarily(block_class.block_meta.type, block_class):
            yield block_class

    def derived(self, key: Any, make: Any) -> Any:
        """Return ``make()``, kept under ``key`` until the registry changes."""
        try:
            return self._derived[key]
        except KeyError:
            value = self._derived[key] = make()
            return value

    @property
    def has_versions(self) -> bool:
        """Whether any type has a version above 1, so that reading documents must look for old blocks."""
        return bool(self.derived("has_versions", lambda: any(b.block_meta.version > 1 for _, b in self.items())))

    def copy(self) -> BlockRegistry:
        twin = super().copy()
        assert isinstance(twin, BlockRegistry)  # noqa: S101
        twin._derived = {}
        return twin

    def _changed(self) -> None:
        self._derived = {}
        super()._changed()


def _checked(block_class: object) -> type[Block]:
    if not (isinstance(block_class, type) and issubclass(block_class, Block)):
        raise InvalidBlockClass(f"{block_class!r} is not a subclass of ai_cms.blocks.Block.")
    if block_class.block_meta.abstract:
        raise InvalidBlockClass(f"{block_class.__qualname__} is abstract and cannot be registered.")
    build(block_class)
    return block_class


#: The block types of the project.
blocks = BlockRegistry()

"""References in blocks to things that live elsewhere, such as ``asset:42``, and who turns them into URLs.

The app that owns the things registers a resolver::

    @references.resolver("asset")
    def asset_url(key: str, request: HttpRequest | None) -> str: ...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ai_cms.core.registry import Registry

__all__ = ["Resolver", "references", "resolve_reference"]

Resolver = Callable[[str, Any], str]


class ReferenceRegistry(Registry[Resolver]):
    """Keep a resolver for each kind of reference."""

    def resolver(self, kind: str) -> Callable[[Resolver], Resolver]:
        """Register the decorated function for references that start with ``kind:``."""
        return lambda function: self.register(kind, function)


references = ReferenceRegistry("kind of reference")

#: These have a colon and are no references.
_URL_SCHEMES = frozenset({"http", "https", "mailto", "tel"})


def resolve_reference(value: str, request: Any = None) -> str:
    """Return the URL of a reference; a URL is returned as it is, a reference that nobody knows is empty."""
    kind, colon, key = value.partition(":")
    if not colon or kind.lower() in _URL_SCHEMES or not kind.isalpha():
        return value
    resolver = references.get(kind)
    return resolver(key, request) if resolver is not None else ""

"""Where apps put their REST routes.

Each app has a module ``api/routes.py`` that registers its viewsets here and is imported by its ``AppConfig.ready()``::

    api_router.register("pages", PageViewSet, basename="page")
    api_router.add_urls([path("pages/types/", PageTypesView.as_view(), name="page-types")])
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.urls import URLPattern, URLResolver
from rest_framework.routers import SimpleRouter

__all__ = ["ApiRouter", "api_router"]


class ApiRouter(SimpleRouter):
    """Collect viewsets and plain views of all apps. Plain views come first, so that they win over ``{id}`` routes."""

    def __init__(self) -> None:
        super().__init__()
        self._plain: list[URLPattern | URLResolver] = []

    def register(self, prefix: str, viewset: Any, basename: str | None = None) -> None:
        """Add a viewset; registering the same one at the same prefix again does nothing."""
        if (prefix, viewset) in [(known, view) for known, view, _ in self.registry]:
            return
        super().register(prefix, viewset, basename=basename)

    def add_urls(self, urls: Iterable[URLPattern | URLResolver]) -> None:
        """Add plain ``path()`` entries."""
        self._plain += [entry for entry in urls if entry not in self._plain]
        self._forget()

    def get_urls(self) -> list[Any]:
        return [*self._plain, *super().get_urls()]

    def get_prefixes(self) -> Sequence[str]:
        """Return the registered prefixes."""
        return [prefix for prefix, _, _ in self.registry]

    @contextmanager
    def temporarily(self) -> Iterator[ApiRouter]:
        """Undo, at the end of a ``with`` block, what was registered inside (for tests)."""
        registry, plain = list(self.registry), list(self._plain)
        try:
            yield self
        finally:
            self.registry, self._plain = registry, plain
            self._forget()

    def _forget(self) -> None:
        self.__dict__.pop("_urls", None)


api_router = ApiRouter()

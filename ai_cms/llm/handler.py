"""``llms["default"]``: the backends of ``AI_CMS["LLM"]`` by alias.

One process-wide dict, as Django keeps its storages, and not one a thread: a client of a provider is thread-safe and
holds a connection pool. Asking whether an alias exists, or for all of them, builds nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from .backends.base import BaseLLMBackend
from .conf import ENTRY_KEYS, llm_settings
from .exceptions import InvalidLLMBackend, LLMDoesNotExist

__all__ = ["DEFAULT_ALIAS", "LLMHandler", "llms"]

DEFAULT_ALIAS = "default"


class LLMHandler:
    """Build backends on first use and keep them."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._backends: dict[str, BaseLLMBackend] = {}

    @property
    def settings(self) -> Mapping[str, Mapping[str, Any]]:
        """``AI_CMS["LLM"]``; where it names no ``default``, the local backend that needs no model is it."""
        configured: Mapping[str, Mapping[str, Any]] = llm_settings.LLM
        if DEFAULT_ALIAS in configured:
            return configured
        return {DEFAULT_ALIAS: {"BACKEND": "ai_cms.llm.backends.local.LocalBackend"}, **configured}

    def config(self, alias: str) -> Mapping[str, Any]:
        """Return the entry of ``alias``. Raises LLMDoesNotExist, or InvalidLLMBackend if it is malformed."""
        try:
            entry = self.settings[alias]
        except KeyError:
            known = ", ".join(repr(name) for name in self.settings)
            raise LLMDoesNotExist(f"AI_CMS['LLM'][{alias!r}]: there is no such alias. Known: {known}.") from None
        if not isinstance(entry, Mapping):
            raise InvalidLLMBackend(f"AI_CMS['LLM'][{alias!r}]: must be a dict, not {type(entry).__name__}.")
        unknown = sorted(set(entry) - ENTRY_KEYS)
        if unknown:
            raise InvalidLLMBackend(
                f"AI_CMS['LLM'][{alias!r}]: unknown key {unknown[0]!r}. Known keys: {', '.join(sorted(ENTRY_KEYS))}."
            )
        return entry

    def chain(self, alias: str) -> list[str]:
        """Return ``alias`` and the aliases to fall back to, in order, each once."""
        found = [alias]
        fallback = self.config(alias).get("FALLBACK", ())
        if isinstance(fallback, str) or not all(isinstance(name, str) for name in fallback):
            raise InvalidLLMBackend(f"AI_CMS['LLM'][{alias!r}]['FALLBACK']: must be a list of aliases.")
        for name in fallback:
            if name not in self:
                raise LLMDoesNotExist(f"AI_CMS['LLM'][{alias!r}]['FALLBACK']: there is no alias {name!r}.")
            if name not in found:
                found.append(name)
        return found

    def build(self, alias: str) -> BaseLLMBackend:
        """Make a new backend of ``alias`` without keeping it. Raises InvalidLLMBackend."""
        entry = self.config(alias)
        path = entry.get("BACKEND")
        if not path:
            raise InvalidLLMBackend(f"AI_CMS['LLM'][{alias!r}]: BACKEND is missing.")
        try:
            backend_class = import_string(path) if isinstance(path, str) else path
        except ImportError as error:
            raise InvalidLLMBackend(f"AI_CMS['LLM'][{alias!r}]: could not find BACKEND {path!r}: {error}") from error
        if not (isinstance(backend_class, type) and issubclass(backend_class, BaseLLMBackend)):
            raise InvalidLLMBackend(f"AI_CMS['LLM'][{alias!r}]: BACKEND {path!r} is not a BaseLLMBackend.")
        options = entry.get("OPTIONS", {})
        if not isinstance(options, Mapping) or not all(isinstance(name, str) for name in options):
            raise InvalidLLMBackend(f"AI_CMS['LLM'][{alias!r}]['OPTIONS']: must be a dict of names and values.")
        for name in ("alias", "model"):
            if name in options:
                raise InvalidLLMBackend(f"AI_CMS['LLM'][{alias!r}]['OPTIONS']: {name!r} is not an option.")
        try:
            return backend_class(alias=alias, model=entry.get("MODEL", ""), **options)
        except (TypeError, ValueError) as error:
            raise InvalidLLMBackend(f"AI_CMS['LLM'][{alias!r}]['OPTIONS']: {error}") from error

    def __getitem__(self, alias: str) -> BaseLLMBackend:
        backend = self._backends.get(alias)
        if backend is not None:
            return backend
        with self._lock:
            if alias not in self._backends:
                self._backends[alias] = self.build(alias)
            return self._backends[alias]

    def __contains__(self, alias: object) -> bool:
        return alias in self.settings

    def __iter__(self) -> Iterator[str]:
        return iter(self.settings)

    def __len__(self) -> int:
        return len(self.settings)

    def use(self, alias: str, backend: BaseLLMBackend) -> None:
        """Answer for ``alias`` with ``backend`` until the settings change (for tests)."""
        with self._lock:
            self._backends[alias] = backend

    def clear(self) -> None:
        """Close and forget every backend, so that changed settings count."""
        with self._lock:
            backends, self._backends = self._backends, {}
        for backend in backends.values():
            backend.close()


llms = LLMHandler()


def _clear(*, setting: str, **kwargs: object) -> None:
    if setting == "AI_CMS":
        llms.clear()


setting_changed.connect(_clear, dispatch_uid="ai_cms.llm.handler")

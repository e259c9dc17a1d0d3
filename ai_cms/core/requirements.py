"""Apps that need others in ``INSTALLED_APPS`` say so, and say it before their models fail in words of Django's."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ImproperlyConfigured

__all__ = ["RequiresApps"]


class RequiresApps:
    """For the configuration of an app that does not work without those in ``requires``; stands before ``AppConfig``.

    No AppConfig itself, because Django would find two in the module that imports it.
    """

    name: str
    apps: Any
    requires: ClassVar[tuple[str, ...]] = ()

    def import_models(self) -> None:
        """Import the app's models. Raises ImproperlyConfigured that names every app that is missing."""
        missing = [name for name in self.requires if not self.apps.is_installed(name)]
        if missing:
            names = ", ".join(repr(name) for name in missing)
            raise ImproperlyConfigured(f"{self.name} needs {names}: add {names} to INSTALLED_APPS.")
        super().import_models()  # type: ignore[misc]

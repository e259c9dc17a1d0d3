"""Models that a host project replaces, the way ``AUTH_USER_MODEL`` is replaced.

A swappable model declares ``Meta.swappable = "AI_CMS_X_MODEL"``; everyone else names it by the functions here,
migrations included, so that a host which swaps nothing need not define the setting.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.migrations.migration import SwappableTuple, swappable_dependency

__all__ = ["declare_default", "dependency", "get_model", "get_model_string", "is_swapped", "swappable_settings"]


def declare_default(setting: str, default: str) -> None:
    """Give ``setting`` its default value unless the project has set it; called by an AppConfig before models load.

    Django's migrations ask for the setting by its name wherever a foreign key points at a swappable model, in host
    projects too, and a project that swaps nothing should not have to write it down.
    """
    if not hasattr(settings, setting):
        setattr(settings, setting, default)


def get_model_string(setting: str, default: str) -> str:
    """Return ``"app_label.Model"`` of the model in use, for foreign keys and migrations."""
    value = getattr(settings, setting, None) or default
    if not isinstance(value, str) or value.count(".") != 1:
        raise ImproperlyConfigured(f"{setting} must be of the form 'app_label.model_name', not {value!r}.")
    return value


def get_model(setting: str, default: str) -> type[models.Model]:
    """Return the model class in use.

    Raises ImproperlyConfigured, naming the setting, when no such model is installed.
    """
    name = get_model_string(setting, default)
    try:
        return apps.get_model(name, require_ready=False)
    except LookupError as error:
        raise ImproperlyConfigured(
            f"{setting} refers to model {name!r} that has not been installed. Add its app to INSTALLED_APPS."
        ) from error


def is_swapped(setting: str, default: str) -> bool:
    """Return whether the host uses a model of its own."""
    return get_model_string(setting, default).lower() != default.lower()


def dependency(setting: str, default: str) -> SwappableTuple | tuple[str, str]:
    """Return the migration dependency on the app of the model in use, without requiring the setting to exist."""
    found: Any = swappable_dependency(get_model_string(setting, default))
    return found  # type: ignore[no-any-return]


def swappable_settings() -> list[str]:
    """Return the names of the settings by which models of the installed apps can be replaced."""
    names = {model._meta.swappable for model in apps.get_models(include_auto_created=True, include_swapped=True)}
    return sorted(name for name in names if name and name.startswith("AI_CMS_"))

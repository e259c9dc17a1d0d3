"""The admin of the site: its name, and what editors need comes first."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest

__all__ = ["GardenAdminConfig", "GardenAdminSite"]

#: What is not named here follows, sorted by name.
APPS_FIRST = ("ai_cms_pages", "ai_cms_posts", "ai_cms_assist", "ai_cms_accounts")
MODELS_FIRST = ("Page", "Proposal", "Template")


class GardenAdminSite(admin.AdminSite):
    """The admin in the order in which an editor works."""

    site_header = "Morrowfen Botanic Garden"
    site_title = "Morrowfen"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        found: list[Any] = super().get_app_list(request, app_label)
        for app in found:
            app["models"].sort(key=lambda model: _place(model["object_name"], MODELS_FIRST))
        return sorted(found, key=lambda app: _place(app["app_label"], APPS_FIRST))


class GardenAdminConfig(AdminConfig):
    """Stands in for ``django.contrib.admin`` in INSTALLED_APPS."""

    default_site = "config.admin.GardenAdminSite"


def _place(name: str, first: tuple[str, ...]) -> int:
    return first.index(name) if name in first else len(first)

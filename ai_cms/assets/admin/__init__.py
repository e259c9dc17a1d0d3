"""The admin of assets: a grid to look at, upload to and choose from, a page for each asset, and the queue of missing texts."""

from __future__ import annotations

from django.contrib import admin
from django.forms.widgets import Script
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from ai_cms.assets import get_asset_model, get_folder_model
from ai_cms.blocks.forms.widget import editor_scripts

from .assets import AssetAdmin
from .folders import FolderAdmin

__all__ = ["AssetAdmin", "FolderAdmin"]

admin.site.register(get_asset_model(), AssetAdmin)
admin.site.register(get_folder_model(), FolderAdmin)

_meta = get_asset_model()._meta
# The editor of blocks gets a button beside every field for a picture or file.
editor_scripts.append(
    Script(
        "ai_cms/assets/picker.js",
        type="module",
        **{
            "data-picker": reverse_lazy(f"admin:{_meta.app_label}_{_meta.model_name}_picker"),
            "data-label": _("Choose…"),
        },
    )
)

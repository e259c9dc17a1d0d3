"""The scripts of the page admin: modules, each by itself, so that storages with hashed names can serve them."""

from __future__ import annotations

from typing import Any

from django.forms import Media
from django.forms.widgets import Script

__all__ = ["FORM_MEDIA", "TREE_MEDIA"]


def _modules(*names: str) -> Media:
    scripts: list[Any] = [Script(f"ai_cms/pages/{name}", type="module") for name in names]
    return Media(js=scripts)


FORM_MEDIA = _modules("admin/form.js", "admin/copies.js", "admin/saving.js")
TREE_MEDIA = _modules("levels.js", "admin/tree.js")

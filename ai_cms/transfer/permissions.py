"""Who may see what was imported."""

from __future__ import annotations

from ai_cms.core.permissions import register_policy
from ai_cms.pages.permissions import ModelPermissionPolicy, OfPagePolicy, PagePolicy

from .models import ImportedAsset, ImportedPage

__all__ = ["register_transfer_policies"]


def register_transfer_policies() -> None:
    """Register the policies of this app's models; called when the apps are ready."""
    register_policy(ImportedPage, OfPagePolicy(PagePolicy()))
    register_policy(ImportedAsset, ModelPermissionPolicy())

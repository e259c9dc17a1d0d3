"""How much an owner may keep."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Sum

from . import get_asset_model
from .conf import assets_settings
from .exceptions import QuotaExceeded

__all__ = ["bytes_used", "check_quota", "lock_owner", "quota_of", "tier_of"]


def tier_of(owner: object) -> str:
    """Return the tier that an owner's quota goes by."""
    if getattr(owner, "is_staff", False):
        return "staff"
    return str(getattr(owner, "subscription_tier", None) or "free")


def quota_of(owner: object) -> int | None:
    """Return the bytes that ``owner`` may keep, ``None`` for no limit. What nobody owns has none."""
    if owner is None:
        return None
    quotas = assets_settings.ASSET_QUOTAS
    tier = tier_of(owner)
    most: int | None = quotas.get(tier, quotas.get("free"))
    return most


def bytes_used(owner: object) -> int:
    """Return the bytes of the files that ``owner`` keeps; renditions are not counted."""
    rows = get_asset_model().objects.non_polymorphic().filter(owner=owner)
    return rows.aggregate(total=Sum("size"))["total"] or 0


def check_quota(owner: object, size: int) -> None:
    """Raise QuotaExceeded if ``size`` more bytes are too many for ``owner``."""
    most = quota_of(owner)
    if most is None:
        return
    used = bytes_used(owner)
    if used + size > most:
        raise QuotaExceeded(used=used, quota=most)


def lock_owner(owner: Any) -> None:
    """Make the uploads of one owner wait for each other, within a transaction: what they find is then so until it ends."""
    if owner is not None:
        get_user_model()._default_manager.select_for_update().filter(pk=owner.pk).values_list("pk").first()

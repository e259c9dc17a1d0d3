"""What users are shown of their credits, and the allowance that follows their tier."""

from __future__ import annotations

from functools import partial
from typing import Any

from ai_cms.core.signals import user_tier_changed
from ai_cms.core.users import user_facts

from ..core.permissions import UserLike
from .credits.ledger import account_for, in_credits, tier_changed
from .models import CreditKind

__all__ = ["connect"]


def connect() -> None:
    """Register the facts and follow the tier; called once, by the app's configuration."""
    for kind in CreditKind.values:
        name = f"ai_{kind}_credits"
        if name not in user_facts:
            user_facts.register(name, partial(_credits_left, kind))
    user_tier_changed.connect(_follow_tier, dispatch_uid="ai_cms_llm.follow_tier")


def _credits_left(kind: str, user: UserLike) -> int:
    return in_credits(kind, account_for(user, kind).available)


def _follow_tier(sender: object, instance: Any, **kwargs: object) -> None:
    tier_changed(instance)

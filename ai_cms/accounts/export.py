"""What the site holds about a person, as JSON: their account, and what other apps add."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ai_cms.core.models import ApiToken
from ai_cms.core.registry import Registry

from ..core.jsontypes import JsonObject
from .models import LoginSession, Passkey
from .models.user import AbstractUser

__all__ = ["export_sections", "export_user"]

#: What belongs to a user: name of a section to a function of the user that returns JSON values. Hosts add theirs.
export_sections: Registry[Callable[[Any], Any]] = Registry("export section")

ACCOUNT = (
    "id",
    "email",
    "username",
    "name",
    "title",
    "bio",
    "address",
    "slug",
    "avatar_url",
    "subscription_tier",
    "is_verified",
    "date_joined",
    "updated_at",
    "last_login",
)


def export_user(user: object) -> JsonObject:
    """Return everything that is held about ``user``; no secret, nothing of anybody else."""
    return {name: build(user) for name, build in export_sections.items()}


def _account(user: AbstractUser) -> JsonObject:
    return {**{name: _plain(getattr(user, name)) for name in ACCOUNT}, "avatar": user.avatar.name or None}


def _log_ins(user: Any) -> list[JsonObject]:
    names = ("kind", "device", "address", "created_at", "last_used_at", "expires_at", "revoked_at", "reason")
    return [_row(row, names) for row in LoginSession.objects.filter(user=user)]


def _api_tokens(user: Any) -> list[JsonObject]:
    names = ("name", "hint", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    return [_row(row, names) for row in ApiToken.objects.filter(user=user)]


def _passkeys(user: Any) -> list[JsonObject]:
    return [_row(row, ("name", "created_at", "last_used_at")) for row in Passkey.objects.filter(user=user)]


def _row(row: object, names: tuple[str, ...]) -> JsonObject:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: object) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool | list | dict) else str(value)


export_sections.register("account", _account)
export_sections.register("log_ins", _log_ins)
export_sections.register("api_tokens", _api_tokens)
export_sections.register("passkeys", _passkeys)

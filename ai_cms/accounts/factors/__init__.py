"""Second factors: an authenticator app with recovery codes, passkeys. Each is an extra; without its package it is not offered."""

from __future__ import annotations

from typing import Protocol

from django.http import HttpRequest

from ..models.user import AbstractUser
from . import passkeys, recovery, totp

__all__ = ["Factor", "second_factors"]


class Factor(Protocol):
    """A way to prove oneself beside the password."""

    def check(self, user: AbstractUser, answer: object, request: HttpRequest) -> None:
        """Return if ``answer`` proves ``user``. Raises InvalidCode, InvalidPasskey."""


def second_factors(user: AbstractUser) -> dict[str, Factor]:
    """Return what ``user`` may prove themselves with after the password, by name; nothing if none is asked for.

    An authenticator app turns the second factor on; recovery codes and passkeys then stand in for it.
    """
    if not totp.is_on(user):
        return {}
    found: dict[str, Factor] = {"totp": totp.factor}
    if recovery.left(user):
        found["recovery"] = recovery.factor
    if passkeys.has_any(user):
        found["passkey"] = passkeys.factor
    return found

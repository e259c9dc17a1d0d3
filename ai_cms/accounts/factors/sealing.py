"""Secrets that have to be read back, encrypted with a key of the site: a copy of the database alone opens nothing."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from ai_cms.accounts.exceptions import PackageMissing

__all__ = ["seal", "unseal"]


def seal(secret: str) -> str:
    """Return ``secret`` encrypted and authenticated. Raises PackageMissing without the package cryptography."""
    return str(_box().encrypt(secret.encode()).decode())


def unseal(sealed: str) -> str:
    """Return what was sealed. Raises ValueError if it was sealed with a key that is gone."""
    from cryptography.fernet import InvalidToken

    try:
        return str(_box().decrypt(sealed.encode()).decode())
    except InvalidToken:
        raise ValueError("This was sealed with a SECRET_KEY that is gone; put it into SECRET_KEY_FALLBACKS.") from None


def _box() -> Any:
    try:
        from cryptography.fernet import Fernet, MultiFernet
    except ImportError:
        raise PackageMissing("totp") from None
    return MultiFernet([Fernet(_key(secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str | bytes) -> bytes:
    derived = salted_hmac("ai_cms.accounts.sealing", "key", secret=secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(hashlib.sha256(derived).digest())

"""Recovery codes: ten that stand in for a lost authenticator app, each good once."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ai_cms.accounts.exceptions import InvalidCode
from ai_cms.accounts.models import RecoveryCode

from ..models.user import AbstractUser

__all__ = ["NUMBER", "factor", "left", "renew"]

NUMBER = 10
#: Consonants alone, as in RFC 8628: no letter looks like another or like a digit, and no code spells a word.
ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"


class RecoveryFactor:
    def check(self, user: Any, answer: Any, request: HttpRequest) -> None:
        """Use a code up. Raises InvalidCode."""
        found = RecoveryCode.objects.filter(user=user, code_hash=_hash(user, str(answer)), used_at=None)
        if not found.update(used_at=timezone.now()):
            raise InvalidCode


factor = RecoveryFactor()


def left(user: Any) -> int:
    """Return how many codes are unused."""
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def renew(user: Any) -> list[str]:
    """Make new codes in place of the old ones and return them; they cannot be had again."""
    codes: set[str] = set()
    while len(codes) < NUMBER:
        code = "".join(secrets.choice(ALPHABET) for _ in range(12))
        codes.add("-".join((code[:4], code[4:8], code[8:])))
    with transaction.atomic():
        RecoveryCode.objects.filter(user=user).delete()
        RecoveryCode.objects.bulk_create(RecoveryCode(user=user, code_hash=_hash(user, code)) for code in codes)
    return sorted(codes)


def _hash(user: AbstractUser, code: str) -> str:
    letters = "".join(character for character in code.upper()[:40] if character in ALPHABET)
    # 52 random bits and a key of the site: no slow hash is needed.
    return salted_hmac("ai_cms.accounts.recovery", f"{user.pk}:{letters}", algorithm="sha256").hexdigest()

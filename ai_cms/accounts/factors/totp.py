"""Authenticator apps (RFC 6238): six digits every thirty seconds, none of them taken twice. Needs the extra ``totp``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from ai_cms.accounts import limits
from ai_cms.accounts.exceptions import InvalidCode, PackageMissing
from ai_cms.accounts.models import RecoveryCode, TotpDevice
from ai_cms.accounts.otp import clean_code

from ..models.user import AbstractUser
from . import recovery
from .sealing import seal, unseal

__all__ = ["Enrolment", "begin", "confirm", "factor", "is_available", "is_on", "pending", "picture", "remove"]

PERIOD = 30
#: Steps before and after the present one that count: clocks differ.
WINDOW = 1


@dataclass(frozen=True)
class Enrolment:
    """What an app is told, once. ``svg``: the QR code of ``uri``."""

    secret: str
    uri: str
    svg: str


class TotpFactor:
    def check(self, user: Any, answer: object, request: HttpRequest) -> None:
        """Take a code of a step that is near, and later than the last one taken. Raises InvalidCode."""
        device = TotpDevice.objects.filter(user=user).exclude(confirmed_at=None).first()
        if device is None or not _take(device, str(answer)):
            raise InvalidCode


factor = TotpFactor()


def is_available() -> bool:
    """Return whether the packages of the extra are installed."""
    try:
        _packages()
    except PackageMissing:
        return False
    return True


def is_on(user: Any) -> bool:
    """Return whether log-ins of ``user`` ask for a second factor."""
    return TotpDevice.objects.filter(user=user).exclude(confirmed_at=None).exists()


def begin(user: Any, site_name: str) -> Enrolment:
    """Make a secret that counts once the app has shown a code of it; one that is in use stays until then.

    Raises PackageMissing, InvalidCode if an app is in use.
    """
    pyotp, _segno = _packages()
    if is_on(user):
        raise InvalidCode("An authenticator app is in use; remove it first.")
    secret = pyotp.random_base32()
    sealed = seal(secret)
    with transaction.atomic():
        TotpDevice.objects.filter(user=user, confirmed_at=None).delete()
        TotpDevice.objects.create(user=user, secret=sealed)
    uri = _uri(user, secret, site_name)
    return Enrolment(secret, uri, picture(uri))


def pending(user: Any, site_name: str) -> Enrolment:
    """Return the enrolment that waits for its first code. Raises InvalidCode if there is none."""
    device = TotpDevice.objects.filter(user=user, confirmed_at=None).first()
    if device is None:
        raise InvalidCode
    secret = unseal(device.secret)
    uri = _uri(user, secret, site_name)
    return Enrolment(secret, uri, picture(uri))


def picture(uri: str) -> str:
    """Return the QR code of ``uri`` as an SVG element, dark on light whatever the page's colours, without a style."""
    _pyotp, segno = _packages()
    return str(segno.make(uri, micro=False).svg_inline(scale=4, light="#fff", svgclass="qr", lineclass=None))


def confirm(user: Any, code: str) -> list[str]:
    """Turn the second factor on, and return new recovery codes. Raises InvalidCode, LimitExceeded."""
    limits.count(limits.FACTOR, str(user.pk), None)
    device = TotpDevice.objects.filter(user=user, confirmed_at=None).first()
    if device is None or not _take(device, code):
        raise InvalidCode
    with transaction.atomic():
        if not TotpDevice.objects.filter(pk=device.pk, confirmed_at=None).update(confirmed_at=timezone.now()):
            raise InvalidCode
        codes = recovery.renew(user)
    limits.forget(limits.FACTOR, str(user.pk))
    return codes


def remove(user: Any) -> None:
    """Turn the second factor off."""
    with transaction.atomic():
        TotpDevice.objects.filter(user=user).delete()
        RecoveryCode.objects.filter(user=user).delete()


def _take(device: TotpDevice, code: str) -> bool:
    """Return whether ``code`` is one of a near step, and use that step and all before it up."""
    pyotp, _segno = _packages()
    digits = clean_code(code)
    # Ten spellings of a digit are one digit to Python and ten codes to whoever counts used ones.
    if not (digits.isascii() and digits.isdecimal() and len(digits) == 6):
        return False
    generator = pyotp.TOTP(unseal(device.secret))
    now = int(timezone.now().timestamp()) // PERIOD
    steps = [step for step in range(now - WINDOW, now + WINDOW + 1) if step > device.last_step]
    matching = [step for step in steps if constant_time_compare(generator.generate_otp(step), digits)]
    if not matching:
        return False
    step = max(matching)
    return bool(TotpDevice.objects.filter(pk=device.pk, last_step__lt=step).update(last_step=step))


def _uri(user: AbstractUser, secret: str, site_name: str) -> str:
    pyotp, _segno = _packages()
    return str(pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=site_name))


def _packages() -> tuple[Any, Any]:
    try:
        import cryptography  # noqa: F401
        import pyotp
        import segno
    except ImportError:
        raise PackageMissing("totp") from None
    return pyotp, segno

"""The tables of accounts."""

from __future__ import annotations

from .factor import Passkey, RecoveryCode, TotpDevice
from .otp import EmailOtp, OtpPurpose
from .outbox import MailState, OutboxMail
from .session import LoginSession, RefreshToken, SessionKind
from .user import AbstractUser, User

__all__ = [
    "AbstractUser",
    "EmailOtp",
    "LoginSession",
    "MailState",
    "OtpPurpose",
    "OutboxMail",
    "Passkey",
    "RecoveryCode",
    "RefreshToken",
    "SessionKind",
    "TotpDevice",
    "User",
]

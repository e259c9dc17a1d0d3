"""The signals of accounts; ``sender`` is the user model. Receivers run inside the transaction of the write."""

from __future__ import annotations

from django.dispatch import Signal

__all__ = ["access_ended", "email_verified", "user_registered"]

user_registered = Signal()  # instance
email_verified = Signal()  # instance
access_ended = Signal()  # instance, reason

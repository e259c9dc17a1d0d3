"""What follows from what happens to users."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest
from django.utils import timezone

from ai_cms.core.models import ApiToken

from . import otp, sessions
from .conf import accounts_settings
from .models import LoginSession, OtpPurpose
from .models.user import AbstractUser
from .signals import access_ended

__all__ = ["connect"]


def connect() -> None:
    """Connect the receivers; called once, by the app's configuration."""
    access_ended.connect(end_everything, dispatch_uid="ai_cms_accounts.end_everything")
    user_logged_in.connect(note_login, dispatch_uid="ai_cms_accounts.note_login")
    user_logged_out.connect(note_logout, dispatch_uid="ai_cms_accounts.note_logout")


def end_everything(sender: type[Any], instance: Any, reason: str, **kwargs: Any) -> None:
    """End log-ins, refresh tokens and API tokens, and make codes that were asked for before worthless."""
    sessions.revoke_user(instance, reason)
    otp.take_back(instance.email, OtpPurpose.RESET)
    if accounts_settings.REVOCATION_ENDS_API_TOKENS:
        ApiToken.objects.filter(user=instance, revoked_at=None).update(revoked_at=timezone.now())


def note_login(sender: object, request: HttpRequest | None, user: AbstractUser, **kwargs: object) -> None:
    """List the log-ins of browsers too, wherever they came in: the admin, the account pages, allauth."""
    if request is not None and hasattr(request, "session") and isinstance(user, get_user_model()):
        sessions.note_browser_session(request, user)


def note_logout(sender: object, request: HttpRequest | None, user: Any, **kwargs: object) -> None:
    """Take a browser's log-in off the list."""
    known = getattr(request, "session", {}).get(sessions.SESSION_ID)
    if known and user is not None:
        LoginSession.objects.filter(pk=known, user=user).update(revoked_at=timezone.now(), reason="logout")

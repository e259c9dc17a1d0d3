"""System checks of accounts.

``ai_cms_accounts.E001``  ``AUTH_USER_MODEL`` is no subclass of AbstractUser
``ai_cms_accounts.E002``  the mailer that mail is to be sent by cannot be built
``ai_cms_accounts.W001``  ``AUTHENTICATION_BACKENDS`` lets people in whose address is not verified
``ai_cms_accounts.W002``  (deploy) mail is printed or thrown away
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import django
from django.apps import AppConfig
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import checks

from .conf import accounts_settings

__all__ = ["check_accounts", "check_deployment", "register"]

_TAG = "ai_cms"
_MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"
_LOST = ("console.EmailBackend", "dummy.EmailBackend", "locmem.EmailBackend", "filebased.EmailBackend")


def register() -> None:
    """Register the checks; called once, by the app's configuration."""
    checks.register(check_accounts, _TAG)
    checks.register(check_deployment, _TAG, deploy=True)


def check_accounts(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[checks.CheckMessage]:
    """Look at the user model, the way it logs in, and the way its mail goes."""
    return [*_user_model(), *_backends(), *_mailer()]


def check_deployment(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[checks.CheckMessage]:
    """Look for what only matters in production."""
    found: list[checks.CheckMessage] = []
    backend = _backend_path()
    if backend.endswith(_LOST):
        found.append(
            checks.Warning(
                f"Mail goes to {backend}: nobody gets the codes that prove an address.",
                hint="Name a mail server.",
                id="ai_cms_accounts.W002",
            )
        )
    return found


def _user_model() -> Iterator[checks.CheckMessage]:
    from .models import AbstractUser

    if not issubclass(get_user_model(), AbstractUser):
        yield checks.Error(
            f"ai_cms.accounts is installed, but AUTH_USER_MODEL is {settings.AUTH_USER_MODEL!r}.",
            hint="Set AUTH_USER_MODEL = 'ai_cms_accounts.User', derive your own from AbstractUser, or leave the app out: "
            "the others work with any user model.",
            id="ai_cms_accounts.E001",
        )


def _backends() -> Iterator[checks.CheckMessage]:
    if _MODEL_BACKEND in settings.AUTHENTICATION_BACKENDS:
        yield checks.Warning(
            "ModelBackend lets people in whose address is not verified.",
            hint="Put 'ai_cms.accounts.backends.EmailBackend' in its place in AUTHENTICATION_BACKENDS.",
            id="ai_cms_accounts.W001",
        )


def _mailer() -> Iterator[checks.CheckMessage]:
    if django.VERSION < (6, 1):
        return
    from django.core.mail import mailers

    try:
        mailers[accounts_settings.MAILER]
    except Exception as error:
        yield checks.Error(
            f"AI_CMS['MAILER']: the mailer {accounts_settings.MAILER!r} cannot be built: {error}",
            hint="Describe it in MAILERS.",
            id="ai_cms_accounts.E002",
        )


def _backend_path() -> str:
    if django.VERSION >= (6, 1):
        mailers: dict[str, Any] = getattr(settings, "MAILERS", None) or {}
        return str(mailers.get(accounts_settings.MAILER, {}).get("BACKEND", ""))
    return str(settings.EMAIL_BACKEND)

"""The routes of ``ai_cms.accounts``; imported when the app is ready. One URLconf stands at ``auth/`` and at ``users/``."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path

from ai_cms.core.api.authentication import bearer_tokens
from ai_cms.core.api.routers import api_router

from .account import ChangeEmailView, ChangePasswordView, ConfirmEmailView, RevokeOthersView, SessionViewSet
from .auth import (
    ForgetPasswordView,
    LoginView,
    LogoutView,
    RefreshView,
    RegisterView,
    ResendOtpView,
    ResetPasswordView,
    SecondFactorView,
    VerifyOtpView,
)
from .base import read_bearer
from .factors import (
    FactorsView,
    PasskeyLoginOptionsView,
    PasskeyLoginView,
    PasskeyOptionsView,
    PasskeyViewSet,
    RecoveryCodesView,
    TotpConfirmView,
    TotpRemoveView,
    TotpView,
)
from .users import ExportView, MeView, UserViewSet

AUTH: tuple[tuple[str, Any], ...] = (
    ("register", RegisterView),
    ("verify-otp", VerifyOtpView),
    ("resend-otp", ResendOtpView),
    ("login", LoginView),
    ("login/second-factor", SecondFactorView),
    ("login/passkey/options", PasskeyLoginOptionsView),
    ("login/passkey", PasskeyLoginView),
    ("refresh", RefreshView),
    ("token/refresh", RefreshView),
    ("logout", LogoutView),
    ("forget-password", ForgetPasswordView),
    ("reset-password", ResetPasswordView),
    ("change-password", ChangePasswordView),
    ("change-email", ChangeEmailView),
    ("change-email/confirm", ConfirmEmailView),
    ("second-factor", FactorsView),
    ("totp", TotpView),
    ("totp/confirm", TotpConfirmView),
    ("totp/remove", TotpRemoveView),
    ("recovery-codes", RecoveryCodesView),
    ("passkeys/options", PasskeyOptionsView),
    ("sessions/revoke-others", RevokeOthersView),
    ("user", MeView),
    ("me", MeView),
    ("me/export", ExportView),
)


def auth_urls(prefix: str) -> list[URLPattern]:
    """Return the routes of authentication below ``prefix``."""
    found = [
        path(f"{prefix}/{name}/", view.as_view(), name=f"{prefix}-{name.replace('/', '-')}") for name, view in AUTH
    ]
    lists: tuple[tuple[str, Any, dict[str, str]], ...] = (
        ("sessions", SessionViewSet, {"get": "list"}),
        ("passkeys", PasskeyViewSet, {"get": "list", "post": "create"}),
    )
    for name, viewset, actions in lists:
        kind = "uuid" if name == "sessions" else "int"
        found += [
            path(f"{prefix}/{name}/", viewset.as_view(actions), name=f"{prefix}-{name}"),
            path(f"{prefix}/{name}/<{kind}:pk>/", viewset.as_view({"delete": "destroy"}), name=f"{prefix}-{name}-one"),
        ]
    return found


api_router.add_urls([*auth_urls("auth"), *auth_urls("users")])
api_router.register("users", UserViewSet, basename="user")
bearer_tokens.register("jwt", read_bearer)

"""The account pages; a host mounts them with ``path("accounts/", include("ai_cms.accounts.web.urls"))``."""

from __future__ import annotations

from django.urls import path
from django.views.generic import RedirectView

from . import entry, member

app_name = "ai_cms_accounts"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="ai_cms_accounts:profile"), name="index"),
    path("register/", entry.RegisterView.as_view(), name="register"),
    path("verify/", entry.VerifyView.as_view(), name="verify"),
    path("verify/resend/", entry.ResendView.as_view(), name="resend"),
    path("login/", entry.LoginView.as_view(), name="login"),
    path("login/passkey/", entry.PasskeyLoginView.as_view(), name="passkey-login"),
    path("login/second-factor/", entry.SecondFactorView.as_view(), name="second-factor"),
    path("logout/", entry.LogoutView.as_view(), name="logout"),
    path("forgotten/", entry.ForgetView.as_view(), name="forget"),
    path("reset/", entry.ResetView.as_view(), name="reset"),
    path("profile/", member.ProfileView.as_view(), name="profile"),
    path("password/", member.PasswordView.as_view(), name="password"),
    path("email/", member.EmailView.as_view(), name="email"),
    path("email/confirm/", member.EmailConfirmView.as_view(), name="email-confirm"),
    path("sessions/", member.SessionsView.as_view(), name="sessions"),
    path("security/", member.SecurityView.as_view(), name="security"),
    path("second-factor/", member.TotpView.as_view(), name="totp"),
    path("second-factor/confirm/", member.TotpConfirmView.as_view(), name="totp-confirm"),
    path("second-factor/remove/", member.TotpRemoveView.as_view(), name="totp-remove"),
    path("recovery-codes/", member.RecoveryView.as_view(), name="recovery"),
    path("passkeys/add/", member.PasskeyAddView.as_view(), name="passkey-add"),
    path("passkeys/save/", member.PasskeySaveView.as_view(), name="passkey-save"),
    path("passkeys/<int:pk>/remove/", member.PasskeyRemoveView.as_view(), name="passkey-remove"),
    path("export/", member.ExportView.as_view(), name="export"),
    path("close/", member.DeleteView.as_view(), name="close"),
]

"""Coming in: register, prove the address, log in, set a forgotten password anew."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from ai_cms.accounts import login, passwords, registration
from ai_cms.accounts.conf import accounts_settings
from ai_cms.accounts.devices import remember_device
from ai_cms.accounts.exceptions import InvalidTicket, SecondFactorRequired
from ai_cms.accounts.factors import passkeys, second_factors
from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.mappings import CleanedData, TemplateContext

from .base import AccountFormView, AccountPage, after_login, refused_text
from .forms import CodeForm, EmailForm, LoginForm, RegisterForm, ResetForm, SecondFactorForm

__all__ = [
    "ForgetView",
    "LoginView",
    "LogoutView",
    "PasskeyLoginView",
    "RegisterView",
    "ResendView",
    "ResetView",
    "SecondFactorView",
    "VerifyView",
]

#: Under which a browser's session remembers what its code is for, and the log-in that waits for its second factor.
PENDING = "ai_cms_accounts.pending"
TICKET = "ai_cms_accounts.ticket"


def remember(request: HttpRequest, email: str, otp_request: uuid.UUID) -> None:
    """Keep in this browser what a code was asked for: typed in elsewhere, it is not for what this one wants."""
    request.session[PENDING] = {"email": email, "request": str(otp_request)}


def pending(request: HttpRequest) -> tuple[str, uuid.UUID | None]:
    """Return the address that a code was sent to, and the request it is for."""
    kept = request.session.get(PENDING) or {}
    return kept.get("email", ""), uuid.UUID(kept["request"]) if kept.get("request") else None


class RegisterView(AccountFormView):
    """Make an account."""

    template_name = "ai_cms/accounts/register.html"
    form_class = RegisterForm
    title = _("Create an account")
    submit = _("Create account")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        made = registration.register(data["email"], data["password"], name=data["name"], request=self.request)
        remember(self.request, made.email, made.request)
        return self.go("verify")

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        return super().get_context_data(is_open=accounts_settings.ALLOW_REGISTRATION, **kwargs)


class VerifyView(AccountFormView):
    """Type the code that came by mail."""

    template_name = "ai_cms/accounts/verify.html"
    form_class = CodeForm
    title = _("Prove your address")
    submit = _("Prove address")

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not pending(request)[0]:
            return self.go("register")
        return super().dispatch(request, *args, **kwargs)

    def carry_out(self, data: CleanedData) -> HttpResponse:
        email, otp_request = pending(self.request)
        registration.verify_email(email, data["otp"], request=self.request, otp_request=otp_request)
        del self.request.session[PENDING]
        self.notice(_("Your address is proven. Log in now."))
        return self.go("login")

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        return super().get_context_data(email=pending(self.request)[0], **kwargs)


class ResendView(AccountPage):
    """Send another code to an account that waits for one."""

    def post(self, request: HttpRequest) -> HttpResponse:
        email, _request = pending(request)
        if not email:
            return self.go("register")
        try:
            row = registration.resend_code(email, request=request)
        except RequestRefused as error:
            messages.error(request, refused_text(error))
            return self.go("verify")
        remember(request, email, row.request)
        self.notice(_("A new code is on its way. The old one no longer counts."))
        return self.go("verify")


class LoginView(AccountFormView):
    """Log in by address and password, or by a passkey."""

    template_name = "ai_cms/accounts/login.html"
    form_class = LoginForm
    title = _("Log in")
    submit = _("Log in")

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.user.is_authenticated:
            return redirect(after_login(request))
        return super().dispatch(request, *args, **kwargs)

    def carry_out(self, data: CleanedData) -> HttpResponse:
        target = after_login(self.request)
        try:
            passed = login.with_password(data["email"], data["password"], self.request)
        except SecondFactorRequired as wanted:
            self.request.session[TICKET] = {"ticket": wanted.ticket, "next": target}
            return self.go("second-factor")
        login.log_in_browser(passed, self.request)
        self.request.session.pop(TICKET, None)
        return remember_device(redirect(target), self.request, passed.user)

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        begun = passkeys.begin_login(self.request) if passkeys.is_available() else None
        shown = {"passkey_options": json.dumps(begun["options"]), "passkey_state": begun["state"]} if begun else {}
        return super().get_context_data(is_open=accounts_settings.ALLOW_REGISTRATION, **shown, **kwargs)


class PasskeyLoginView(LoginView):
    """Take what a passkey answered; only the page's script sends this."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        try:
            state, credential = request.POST.get("state", ""), read_credential(request)
            user, login_id = passkeys.login(state, credential, request)
            login.log_in_browser(login.Passed(user, login_id), request)
        except RequestRefused as error:
            return self.render_to_response(self.get_context_data(form=LoginForm(), refusal=refused_text(error)))
        return remember_device(redirect(after_login(request)), request, user)


class SecondFactorView(AccountFormView):
    """Finish a log-in by a code of the app, a recovery code or a passkey."""

    template_name = "ai_cms/accounts/second_factor.html"
    form_class = SecondFactorForm
    title = _("Second factor")
    submit = _("Log in")

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        self.kept: dict[str, str] = request.session.get(TICKET) or {}
        try:
            self.passed = login.read_ticket(self.kept.get("ticket", ""))
        except InvalidTicket:
            return self.go("login")
        return super().dispatch(request, *args, **kwargs)

    def carry_out(self, data: CleanedData) -> HttpResponse:
        # Recovery codes have no digits, codes of an app nothing else.
        method = "totp" if any(character.isdigit() for character in data["otp"]) else "recovery"
        return self.finish(method, data["otp"])

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if "credential" not in request.POST:
            return super().post(request, *args, **kwargs)
        answer = {"state": request.POST.get("state", ""), "credential": read_credential(request)}
        try:
            return self.finish("passkey", answer)
        except RequestRefused as error:
            context = self.get_context_data(form=SecondFactorForm(), refusal=refused_text(error))
            return self.render_to_response(context)

    def finish(self, method: str, answer: object) -> HttpResponse:
        passed = login.second_factor(self.kept["ticket"], method, answer, self.request)
        login.log_in_browser(passed, self.request)
        self.request.session.pop(TICKET, None)
        response = redirect(self.kept.get("next") or after_login(self.request))
        return remember_device(response, self.request, passed.user)

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        methods = list(second_factors(self.passed.user))
        begun = passkeys.begin_login(self.request, self.passed.user) if "passkey" in methods else None
        shown = {"passkey_options": json.dumps(begun["options"]), "passkey_state": begun["state"]} if begun else {}
        return super().get_context_data(methods=methods, **shown, **kwargs)


class LogoutView(AccountPage):
    """Log this browser out."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        login.log_out(request, None)
        self.notice(_("You are logged out."))
        return self.go("login")


class ForgetView(AccountFormView):
    """Ask for a code that sets a new password."""

    template_name = "ai_cms/accounts/forget.html"
    form_class = EmailForm
    title = _("Forgotten password")
    intro = _("We send a code to the address, if an account has it.")
    submit = _("Send code")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        row = passwords.forget_password(data["email"], request=self.request)
        remember(self.request, data["email"], row.request)
        return self.go("reset")


class ResetView(AccountFormView):
    """Set a new password by the code."""

    template_name = "ai_cms/accounts/reset.html"
    form_class = ResetForm
    title = _("New password")
    submit = _("Set password")

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if not pending(request)[0]:
            return self.go("forget")
        return super().dispatch(request, *args, **kwargs)

    def carry_out(self, data: CleanedData) -> HttpResponse:
        email, otp_request = pending(self.request)
        passwords.reset_password(
            email, data["otp"], data["new_password"], request=self.request, otp_request=otp_request
        )
        del self.request.session[PENDING]
        self.notice(_("Your new password is set. Log in with it."))
        return self.go("login")

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        return super().get_context_data(email=pending(self.request)[0], **kwargs)


def read_credential(request: HttpRequest) -> Any:
    """Return what the page's script put into the form, ``None`` if it is no JSON."""
    try:
        return json.loads(request.POST.get("credential", ""))
    except (ValueError, RecursionError):
        return None

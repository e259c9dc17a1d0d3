"""One's own account: profile, password, address, log-ins, second factor, passkeys, export, deletion."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.contrib import auth, messages
from django.contrib.auth import get_user_model, update_session_auth_hash
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _

from ai_cms.accounts import email_change, outbox, passwords, sessions
from ai_cms.accounts.avatars import clean_avatar, replace_avatar
from ai_cms.accounts.conf import accounts_settings
from ai_cms.accounts.export import export_user
from ai_cms.accounts.factors import passkeys, recovery, totp
from ai_cms.accounts.models import LoginSession, Passkey
from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.mappings import CleanedData, TemplateContext
from ai_cms.core.permissions import Actor, get_policy

from .base import MemberFormView, MemberPage, refused_text
from .entry import pending, read_credential, remember
from .forms import (
    CodeForm,
    DeleteForm,
    EmailChangeForm,
    PasskeyNameForm,
    PasswordChangeForm,
    PasswordForm,
    ProfileForm,
)

__all__ = [
    "DeleteView",
    "EmailConfirmView",
    "EmailView",
    "ExportView",
    "PasskeyAddView",
    "PasskeyRemoveView",
    "PasskeySaveView",
    "PasswordView",
    "ProfileView",
    "RecoveryView",
    "SecurityView",
    "SessionsView",
    "TotpConfirmView",
    "TotpRemoveView",
    "TotpView",
]


def stay(request: HttpRequest, user: Any) -> None:
    """Keep this browser logged in after a change that ended every log-in."""
    update_session_auth_hash(request, user)
    sessions.note_browser_session(request, user)


def tell(request: HttpRequest, change: str) -> None:
    """Tell the owner by mail how logging in was changed."""
    user: Any = request.user
    outbox.queue(
        "second_factor_changed", user.email, context={"name": user.get_short_name(), "change": change}, request=request
    )


class ProfileView(MemberFormView):
    """What one tells of oneself."""

    template_name = "ai_cms/accounts/profile.html"
    form_class = ProfileForm
    title = _("Your profile")
    submit = _("Save profile")

    def get_form_kwargs(self) -> dict[str, Any]:
        # A copy: the page shows who is logged in as they are stored, whatever the form holds.
        who: Any = self.request.user
        user = get_user_model()._base_manager.get(pk=who.pk)
        return {**super().get_form_kwargs(), "instance": user}

    def carry_out(self, data: CleanedData) -> HttpResponse:
        user = self.get_form_kwargs()["instance"]
        get_policy(get_user_model()).require(Actor.from_request(self.request), "change", user)
        picture = clean_avatar(data["picture"], "picture") if data.get("picture") else None
        names = ProfileForm.Meta.fields
        for name in names:
            setattr(user, name, data[name])
        user.save(update_fields=[*names, "updated_at"])
        if picture is not None or data.get("remove_picture"):
            replace_avatar(user, picture)
        self.notice(_("Your profile is saved."))
        return self.go("profile")


class PasswordView(MemberFormView):
    """Another password."""

    form_class = PasswordChangeForm
    title = _("Change password")
    intro = _("Everything else that is logged in to your account will be logged out.")
    submit = _("Change password")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        user: Any = self.request.user
        passwords.change_password(user, data["current_password"], data["new_password"], request=self.request)
        stay(self.request, user)
        self.notice(_("Your password is changed, and everything else was logged out."))
        return self.go("security")


class EmailView(MemberFormView):
    """Another address."""

    form_class = EmailChangeForm
    title = _("Change e-mail address")
    intro = _("We send a code to the new address, and a notice to the old one once it is changed.")
    submit = _("Send code")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        row = email_change.ask_for_email_change(
            self.request.user, data["email"], data["password"], request=self.request
        )
        remember(self.request, data["email"], row.request)
        return self.go("email-confirm")


class EmailConfirmView(MemberFormView):
    """The code that went to the new address."""

    template_name = "ai_cms/accounts/email_confirm.html"
    form_class = CodeForm
    title = _("Prove the new address")
    submit = _("Change address")

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        if request.user.is_authenticated and not pending(request)[0]:
            return self.go("email")
        return super().dispatch(request, *args, **kwargs)

    def carry_out(self, data: CleanedData) -> HttpResponse:
        email, otp_request = pending(self.request)
        user: Any = self.request.user
        email_change.change_email(user, email, data["otp"], request=self.request, otp_request=otp_request)
        stay(self.request, user)
        self.request.session.pop("ai_cms_accounts.pending", None)
        self.notice(_("Your address is changed, and everything else was logged out."))
        return self.go("security")

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        return super().get_context_data(email=pending(self.request)[0], **kwargs)


class SessionsView(MemberPage):
    """Where one is logged in; ending one, or all others."""

    def get(self, request: HttpRequest) -> HttpResponse:
        current = sessions.note_browser_session(request, request.user)
        context = {"log_ins": sessions.live_sessions(request.user), "current": current.pk, "title": _("Log-ins")}
        return render(request, "ai_cms/accounts/sessions.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        rows = LoginSession.objects.filter(user=request.user.pk)
        current = sessions.note_browser_session(request, request.user)
        if "others" in request.POST:
            sessions.revoke(rows.exclude(pk=current.pk), "revoked")
            self.notice(_("Everything else is logged out."))
        else:
            sessions.revoke(rows.filter(pk__in=_uuids(request.POST.get("end", ""))), "revoked")
            self.notice(_("That log-in is ended."))
        return self.go("sessions")


class SecurityView(MemberPage):
    """How one logs in: password, address, second factor, passkeys."""

    def get(self, request: HttpRequest) -> HttpResponse:
        context = {
            "title": _("Security"),
            "totp_available": totp.is_available(),
            "totp_on": totp.is_on(request.user),
            "recovery_left": recovery.left(request.user),
            "passkeys_available": passkeys.is_available(),
            "passkeys": Passkey.objects.filter(user=request.user.pk),
        }
        return render(request, "ai_cms/accounts/security.html", context)


class TotpView(MemberFormView):
    """Begin with an authenticator app."""

    form_class = PasswordForm
    title = _("Set up an authenticator app")
    intro = _("An app on your phone shows a new code every thirty seconds, which each log-in will ask for.")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        passwords.confirm_password(self.request.user, data["password"], "password")
        return show_enrolment(self.request, totp.begin(self.request.user, site_name(self.request)), CodeForm())


class TotpConfirmView(MemberFormView):
    """The first code of the app, and the recovery codes."""

    form_class = CodeForm
    title = _("Set up an authenticator app")
    submit = _("Turn on")

    def get(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return self.go("totp")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        codes = totp.confirm(self.request.user, data["otp"])
        tell(self.request, "on")
        return show_codes(self.request, codes, _("The second factor is on"))

    def refused(self, form: BaseForm, error: RequestRefused) -> HttpResponse:
        form.add_error("otp", refused_text(error))
        return self.form_invalid(form)

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        try:
            waiting = totp.pending(self.request.user, site_name(self.request))
        except RequestRefused:
            return self.go("totp")
        return show_enrolment(self.request, waiting, form)


class TotpRemoveView(MemberFormView):
    """Do without a second factor."""

    form_class = PasswordForm
    title = _("Turn the second factor off")
    intro = _("Logging in will ask for your password alone.")
    submit = _("Turn off")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        passwords.confirm_password(self.request.user, data["password"], "password")
        totp.remove(self.request.user)
        tell(self.request, "off")
        self.notice(_("The second factor is off."))
        return self.go("security")


class RecoveryView(MemberFormView):
    """New recovery codes."""

    form_class = PasswordForm
    title = _("New recovery codes")
    intro = _("The old codes will be worthless.")
    submit = _("Make new codes")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        passwords.confirm_password(self.request.user, data["password"], "password")
        if not totp.is_on(self.request.user):
            return self.go("security")
        codes = recovery.renew(self.request.user)
        tell(self.request, "codes")
        return show_codes(self.request, codes, _("Your new recovery codes"))


class PasskeyAddView(MemberFormView):
    """Begin with a passkey; the page that follows needs a script, as every site's does."""

    form_class = PasskeyNameForm
    title = _("Add a passkey")
    intro = _("A passkey logs you in by your fingerprint, face or PIN, without a password.")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        passwords.confirm_password(self.request.user, data["password"], "password")
        begun = passkeys.begin_registration(self.request.user, self.request)
        context = {
            "title": self.title,
            "name": data["name"],
            "passkey_options": json.dumps(begun["options"]),
            "passkey_state": begun["state"],
        }
        return render(self.request, "ai_cms/accounts/passkey_add.html", context)


class PasskeySaveView(MemberPage):
    """Keep the passkey that answered."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            state, name = request.POST.get("state", ""), request.POST.get("name", "")
            passkeys.register(request.user, state, read_credential(request), name, request)
        except RequestRefused as error:
            messages.error(request, refused_text(error))
            return self.go("security")
        tell(request, "passkey_added")
        self.notice(_("The passkey is added."))
        return self.go("security")


class PasskeyRemoveView(MemberPage):
    """Remove a passkey."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        get_object_or_404(Passkey, pk=pk, user=request.user.pk).delete()
        tell(request, "passkey_removed")
        self.notice(_("The passkey is removed."))
        return self.go("security")


class ExportView(MemberPage):
    """Everything that is held about oneself, as a file."""

    def get(self, request: HttpRequest) -> HttpResponse:
        answer = JsonResponse(export_user(request.user), json_dumps_params={"ensure_ascii": False, "indent": 2})
        answer["Content-Disposition"] = 'attachment; filename="account.json"'
        return answer


class DeleteView(MemberFormView):
    """Close one's account."""

    form_class = DeleteForm
    title = _("Close your account")
    intro = _(
        "You will be logged out everywhere, and nobody can log in any more. What you have made for the site stays."
    )
    submit = _("Close my account")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        user: Any = self.request.user
        passwords.confirm_password(user, data["password"], "password")
        get_policy(get_user_model()).require(Actor.from_request(self.request), "delete", user)
        user.delete()
        auth.logout(self.request)
        self.notice(_("Your account is closed."))
        return self.go("login")


def site_name(request: HttpRequest) -> str:
    """Return the name under which apps list the account."""
    return accounts_settings.ACCOUNTS_SITE_NAME or request.get_host()


def show_enrolment(request: HttpRequest, enrolment: totp.Enrolment, form: object) -> HttpResponse:
    """Show what the app has to scan or to be told."""
    secret = enrolment.secret
    groups = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    context = {
        "title": _("Set up an authenticator app"),
        "secret": groups,
        "qr": enrolment.svg,
        "form": form,
        "submit": _("Turn on"),
    }
    return render(request, "ai_cms/accounts/totp.html", context)


def show_codes(request: HttpRequest, codes: list[str], title: object) -> HttpResponse:
    """Show recovery codes, the only time."""
    return render(request, "ai_cms/accounts/recovery_codes.html", {"title": title, "codes": codes})


def _uuids(text: str) -> list[uuid.UUID]:
    try:
        return [uuid.UUID(text)]
    except ValueError:
        return []

"""The forms of the account pages. What is right and wrong is said by the services; a form shows it at the field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _

from ai_cms.accounts.conf import accounts_settings

__all__ = [
    "CodeForm",
    "DeleteForm",
    "EmailForm",
    "LoginForm",
    "PasskeyNameForm",
    "PasswordChangeForm",
    "PasswordForm",
    "ProfileForm",
    "RegisterForm",
    "ResetForm",
    "SecondFactorForm",
]


def email_field(**options: Any) -> forms.CharField:
    """Return a field for an address. No EmailField: what is wrong with one is said where it is stored."""
    widget = forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false", "autocapitalize": "none"})
    return forms.CharField(**{"label": _("E-mail address"), "max_length": 320, "widget": widget, **options})


def password_field(label: Any, autocomplete: str, **options: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=1000, strip=False, widget=widget, **options)


def code_field() -> forms.CharField:
    attributes = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
    return forms.CharField(label=_("Code"), max_length=40, widget=forms.TextInput(attrs=attributes))


class AccountForm(forms.Form):
    """A form without the colon after its labels."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})


class RegisterForm(AccountForm):
    email = email_field()
    name = forms.CharField(
        label=_("Name"), max_length=150, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = password_field(_("Password"), "new-password")


class LoginForm(AccountForm):
    email = email_field()
    password = password_field(_("Password"), "current-password")


class EmailForm(AccountForm):
    email = email_field()


class CodeForm(AccountForm):
    otp = code_field()


class ResetForm(AccountForm):
    otp = code_field()
    new_password = password_field(_("New password"), "new-password")


class SecondFactorForm(AccountForm):
    otp = code_field()


class PasswordChangeForm(AccountForm):
    current_password = password_field(_("Current password"), "current-password")
    new_password = password_field(_("New password"), "new-password")


class PasswordForm(AccountForm):
    """Asks who acts, once more."""

    password = password_field(_("Your password"), "current-password")


class EmailChangeForm(PasswordForm):
    email = email_field(label=_("New e-mail address"))
    field_order = ["email", "password"]


class PasskeyNameForm(PasswordForm):
    name = forms.CharField(
        label=_("Name of the passkey"), max_length=100, required=False, help_text=_("Such as “My phone”.")
    )
    field_order = ["name", "password"]


class DeleteForm(PasswordForm):
    pass


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What people tell of themselves."""

    picture = forms.FileField(
        label=_("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"}),
    )
    remove_picture = forms.BooleanField(label=_("Remove the picture"), required=False)

    class Meta:
        model = get_user_model()
        fields = ["name", "username", "title", "bio", "address"]
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "title": forms.TextInput(attrs={"autocomplete": "organization-title"}),
            "bio": forms.Textarea(attrs={"rows": 5}),
            "address": forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        most = accounts_settings.AVATAR_MAX_BYTES // 1_000_000
        self.fields["picture"].help_text = _("JPEG, PNG, WebP or GIF, at most %(most)d MB.") % {"most": most}
        if not self.instance.avatar:
            del self.fields["remove_picture"]

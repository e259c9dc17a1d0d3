"""Second factors and passkeys."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.accounts import limits, login, outbox
from ai_cms.accounts.conf import accounts_settings
from ai_cms.accounts.devices import remember_device
from ai_cms.accounts.factors import passkeys, recovery, totp
from ai_cms.accounts.models import Passkey
from ai_cms.accounts.passwords import confirm_password
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.viewsets import ServiceViewSet

from .auth import tokens_body, valid
from .base import AccountMixin, PublicAccountView, SecureAccountView
from .serializers import (
    CredentialSerializer,
    MessageSerializer,
    PasskeySerializer,
    PasswordSerializer,
    TokensSerializer,
    TotpCodeSerializer,
    TotpSerializer,
)

__all__ = [
    "FactorsView",
    "PasskeyLoginOptionsView",
    "PasskeyLoginView",
    "PasskeyOptionsView",
    "PasskeyViewSet",
    "RecoveryCodesView",
    "TotpConfirmView",
    "TotpRemoveView",
    "TotpView",
]

ANY = {"type": "object", "additionalProperties": True}


class FactorView(SecureAccountView):
    """A change of what protects an account: asks for the password again, tells the owner by mail."""

    hands_out_secrets = True

    def confirmed(self, request: Request) -> None:
        confirm_password(request.user, valid(PasswordSerializer, request)["password"], "password")

    def tell(self, change: str) -> None:
        user: Any = self.request.user
        context = {"name": user.get_short_name(), "change": change}
        outbox.queue("second_factor_changed", user.email, context=context, request=self.client)


class FactorsView(SecureAccountView):
    """Which second factors there are."""

    @extend_schema(responses={200: ANY})
    def get(self, request: Request) -> Response:
        body = {
            "totp": totp.is_on(request.user),
            "recovery_codes": recovery.left(request.user),
            "passkeys": Passkey.objects.filter(user=self.actor.account).count(),
        }
        return Response(body)


class TotpView(FactorView):
    """Begin with an authenticator app: a secret, its address, its QR code."""

    @extend_schema(request=PasswordSerializer, responses={200: TotpSerializer})
    def post(self, request: Request) -> Response:
        self.confirmed(request)
        made = totp.begin(request.user, accounts_settings.ACCOUNTS_SITE_NAME or self.client.get_host())
        return Response({"secret": made.secret, "uri": made.uri, "svg": made.svg})


class TotpConfirmView(FactorView):
    """Turn the second factor on by a code of the app; recovery codes come with it, once."""

    @extend_schema(request=TotpCodeSerializer, responses={200: ANY})
    def post(self, request: Request) -> Response:
        codes = totp.confirm(request.user, valid(TotpCodeSerializer, request)["otp"])
        self.tell("on")
        return Response({"message": _("The second factor is on."), "recovery_codes": codes})


class TotpRemoveView(FactorView):
    """Turn the second factor off."""

    @extend_schema(request=PasswordSerializer, responses={200: MessageSerializer})
    def post(self, request: Request) -> Response:
        self.confirmed(request)
        totp.remove(request.user)
        self.tell("off")
        return Response({"message": _("The second factor is off.")})


class RecoveryCodesView(FactorView):
    """Make new recovery codes; the old ones are worthless."""

    @extend_schema(request=PasswordSerializer, responses={200: ANY})
    def post(self, request: Request) -> Response:
        self.confirmed(request)
        if not totp.is_on(request.user):
            return Response({"recovery_codes": []})
        codes = recovery.renew(request.user)
        self.tell("codes")
        return Response({"recovery_codes": codes})


class PasskeyOptionsView(FactorView):
    """Begin with a passkey: what ``navigator.credentials.create()`` is asked."""

    @extend_schema(request=PasswordSerializer, responses={200: ANY})
    def post(self, request: Request) -> Response:
        self.confirmed(request)
        return Response(passkeys.begin_registration(request.user, self.client))


class PasskeyViewSet(AccountMixin, mixins.ListModelMixin, ServiceViewSet):
    """One's passkeys."""

    required_scopes = SecureAccountView.required_scopes
    queryset = Passkey.objects.all()
    serializer_class = PasskeySerializer

    def base_queryset(self) -> Any:
        return Passkey.objects.filter(user=self.actor.account)

    @extend_schema(request=CredentialSerializer, responses={201: PasskeySerializer})
    def create(self, request: Request) -> Response:
        data = valid(CredentialSerializer, request)
        made = passkeys.register(request.user, data["state"], data["credential"], data["name"], self.client)
        self._tell("passkey_added")
        return Response(self.get_serializer(made).data, status=201)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, *args: object, **kwargs: object) -> Response:
        self.get_object().delete()
        self._tell("passkey_removed")
        return Response(status=204)

    def _tell(self, change: str) -> None:
        user: Any = self.request.user
        context = {"name": user.get_short_name(), "change": change}
        outbox.queue("second_factor_changed", user.email, context=context, request=self.client)


class PasskeyLoginOptionsView(PublicAccountView):
    """Begin a log-in by passkey: what ``navigator.credentials.get()`` is asked. The same for everybody."""

    hands_out_secrets = True

    @extend_schema(request=None, responses={200: ANY})
    def post(self, request: Request) -> Response:
        limits.count(limits.REFRESH, "", self.client)
        return Response(passkeys.begin_login(self.client))


class PasskeyLoginView(PublicAccountView):
    """Log in by passkey. Failures count by address alone: nobody is locked out by a stranger's tries."""

    hands_out_secrets = True

    @extend_schema(request=CredentialSerializer, responses={200: TokensSerializer})
    def post(self, request: Request) -> Response:
        limits.count(limits.REFRESH, "", self.client)
        data = valid(CredentialSerializer, request)
        user, login_id = passkeys.login(data["state"], data["credential"], self.client)
        passed = login.Passed(user, login_id)
        body = tokens_body(login.log_in_tokens(passed, self.client), user, request)
        return remember_device(Response(body), self.client, user)

"""Registering, logging in, staying logged in, logging out."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.accounts import limits, login, passwords, registration, tokens
from ai_cms.accounts.conf import accounts_settings
from ai_cms.accounts.devices import remember_device
from ai_cms.accounts.jwt import BadToken
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.mappings import CleanedData

from ...core.jsontypes import JsonObject
from ..models.user import AbstractUser
from .base import PublicAccountView
from .serializers import (
    EmailSerializer,
    LoginSerializer,
    MessageSerializer,
    OtpSerializer,
    PairSerializer,
    RefreshSerializer,
    RegisteredSerializer,
    RegisterSerializer,
    ResendSerializer,
    ResetSerializer,
    SecondFactorSerializer,
    SentSerializer,
    TokensSerializer,
    UserSerializer,
    VerifiedSerializer,
)

__all__ = [
    "ForgetPasswordView",
    "LoginView",
    "LogoutView",
    "RefreshView",
    "RegisterView",
    "ResendOtpView",
    "ResetPasswordView",
    "SecondFactorView",
    "VerifyOtpView",
    "pair_body",
    "tokens_body",
    "valid",
]


def valid(serializer_class: Any, request: Request) -> CleanedData:
    """Return the checked body of a request. Raises ValidationError."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    data: CleanedData = serializer.validated_data
    return data


def pair_body(pair: tokens.TokenPair) -> JsonObject:
    """Return tokens under the names that each of the API's documents gives them."""
    return {
        "access": pair.access,
        "refresh": pair.refresh,
        "access_token": pair.access,
        "refresh_token": pair.refresh,
        "token_type": "Bearer",
        "expires_in": accounts_settings.JWT_ACCESS_MINUTES * 60,
    }


def tokens_body(pair: tokens.TokenPair, user: AbstractUser, request: Request) -> JsonObject:
    """Return tokens and whose they are."""
    return {**pair_body(pair), "user": UserSerializer(user, context={"request": request}).data}


class RegisterView(PublicAccountView):
    """Make an account; a code goes to its address. The answer is the same for an address that has one."""

    @extend_schema(request=RegisterSerializer, responses={201: RegisteredSerializer})
    def post(self, request: Request) -> Response:
        data = valid(RegisterSerializer, request)
        made = registration.register(
            data["email"], data["password"], username=data["username"], name=data["name"], request=self.client
        )
        body = {
            "id": made.id,
            "email": made.email,
            "username": made.username,
            "name": made.name,
            "slug": made.slug,
            "is_verified": False,
            "message": _("Registration successful. Please verify your email."),
            "request_id": made.request,
        }
        return Response(body, status=status.HTTP_201_CREATED)


class VerifyOtpView(PublicAccountView):
    """Prove the address of a new account."""

    @extend_schema(request=OtpSerializer, responses={200: VerifiedSerializer})
    def post(self, request: Request) -> Response:
        data = valid(OtpSerializer, request)
        user = registration.verify_email(
            data["email"], data["otp"], request=self.client, otp_request=data["request_id"]
        )
        shown = {"id": str(user.pk), "email": user.email, "is_verified": user.is_verified}
        return Response({"message": _("Email verified successfully"), "user": shown})


class ResendOtpView(PublicAccountView):
    """Send another code."""

    @extend_schema(request=ResendSerializer, responses={200: SentSerializer})
    def post(self, request: Request) -> Response:
        data = valid(ResendSerializer, request)
        send = passwords.forget_password if data["purpose"] == "reset" else registration.resend_code
        row = send(data["email"], request=self.client)
        return Response({"message": _("OTP sent to your email"), "request_id": row.request})


class LoginView(PublicAccountView):
    """Log in by address and password; 401 ``second_factor_required`` asks for more."""

    hands_out_secrets = True

    @extend_schema(request=LoginSerializer, responses={200: TokensSerializer})
    def post(self, request: Request) -> Response:
        data = valid(LoginSerializer, request)
        passed = login.with_password(data["email"], data["password"], self.client)
        pair = login.log_in_tokens(passed, self.client)
        return remember_device(Response(tokens_body(pair, passed.user, request)), self.client, passed.user)


class SecondFactorView(PublicAccountView):
    """Finish a log-in by a second factor."""

    hands_out_secrets = True

    @extend_schema(request=SecondFactorSerializer, responses={200: TokensSerializer})
    def post(self, request: Request) -> Response:
        data = valid(SecondFactorSerializer, request)
        method = data["method"]
        answer = {"state": data["state"], "credential": data["credential"]} if method == "passkey" else data["otp"]
        passed = login.second_factor(data["ticket"], method, answer, self.client)
        pair = login.log_in_tokens(passed, self.client)
        return remember_device(Response(tokens_body(pair, passed.user, request)), self.client, passed.user)


class RefreshView(PublicAccountView):
    """Trade a refresh token for new tokens; the old one is spent."""

    hands_out_secrets = True

    @extend_schema(request=RefreshSerializer, responses={200: PairSerializer})
    def post(self, request: Request) -> Response:
        limits.count(limits.REFRESH, "", self.client)
        data = valid(RefreshSerializer, request)
        return Response(pair_body(tokens.rotate(data["refresh"], self.client)))


class LogoutView(PublicAccountView):
    """End a log-in: of the refresh token in the body, of the access token in the header, or the browser's session."""

    hands_out_secrets = True

    @extend_schema(request=RefreshSerializer, responses={200: MessageSerializer})
    def post(self, request: Request) -> Response:
        data = request.data if isinstance(request.data, dict) else {}
        refresh = data.get("refresh") or data.get("refresh_token")
        scheme, _space, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if isinstance(refresh, str):
            tokens.end_by_refresh_token(refresh)
        if scheme.lower() == "bearer":
            login.log_out(self.client, self._session_of(secret.strip()))
        elif not refresh:
            self._end_browser_session(request)
        return Response({"message": _("Logged out.")})

    def _session_of(self, token: str) -> Any:
        try:
            found = tokens.read_access(token)
        except BadToken:
            return None
        return found[1] if found else None

    def _end_browser_session(self, request: Request) -> None:
        # Asks for the CSRF token, so that no other site logs anybody out.
        try:
            found = SessionAuthentication().authenticate(request)
        except APIException:
            return
        if found is not None:
            login.log_out(self.client, None)


class ForgetPasswordView(PublicAccountView):
    """Send a code that sets a new password."""

    @extend_schema(request=EmailSerializer, responses={200: SentSerializer})
    def post(self, request: Request) -> Response:
        row = passwords.forget_password(valid(EmailSerializer, request)["email"], request=self.client)
        return Response({"message": _("OTP sent to your email"), "request_id": row.request})


class ResetPasswordView(PublicAccountView):
    """Set a new password by a code; everything that was logged in ends."""

    @extend_schema(request=ResetSerializer, responses={200: MessageSerializer})
    def post(self, request: Request) -> Response:
        data = valid(ResetSerializer, request)
        passwords.reset_password(
            data["email"], data["otp"], data["new_password"], request=self.client, otp_request=data["request_id"]
        )
        return Response({"message": _("Password reset successfully")})

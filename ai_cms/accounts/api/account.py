"""What people do with their own account: password, address, log-ins."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.utils.translation import gettext as _
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.accounts import email_change, passwords, sessions, tokens
from ai_cms.accounts.models import LoginSession
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.viewsets import ServiceViewSet

from .auth import pair_body, valid
from .base import AccountMixin, SecureAccountView
from .serializers import (
    ChangeEmailSerializer,
    ChangePasswordSerializer,
    ConfirmEmailSerializer,
    MessageSerializer,
    SentSerializer,
    SessionSerializer,
)

__all__ = [
    "ChangeEmailView",
    "ChangePasswordView",
    "ConfirmEmailView",
    "RevokeOthersView",
    "SessionViewSet",
    "current_id",
]


def current_id(request: Request) -> str:
    """Return the id of the log-in that this request is made by, or an empty text."""
    if isinstance(request.auth, LoginSession):
        return str(request.auth.pk)
    return str(getattr(request._request, "session", {}).get(sessions.SESSION_ID, ""))


class StaysLoggedIn(SecureAccountView):
    """A change that ends every log-in, this one included: an app gets new tokens, a browser a new session."""

    hands_out_secrets = True

    def answer(self, message: str) -> Response:
        user = self.request.user
        if isinstance(self.request.auth, LoginSession):
            return Response({"message": message, **pair_body(tokens.issue(user, self.client))})
        if self.request.auth is None:
            update_session_auth_hash(self.client, user)  # type: ignore[arg-type]
            sessions.note_browser_session(self.client, user)
        return Response({"message": message})


class ChangePasswordView(StaysLoggedIn):
    """Change the password; everything else that was logged in ends."""

    @extend_schema(request=ChangePasswordSerializer, responses={200: MessageSerializer})
    def post(self, request: Request) -> Response:
        data = valid(ChangePasswordSerializer, request)
        passwords.change_password(request.user, data["current_password"], data["new_password"], request=self.client)
        return self.answer(_("Password changed."))


class ChangeEmailView(SecureAccountView):
    """Ask for another address; a code goes to it."""

    @extend_schema(request=ChangeEmailSerializer, responses={200: SentSerializer})
    def post(self, request: Request) -> Response:
        data = valid(ChangeEmailSerializer, request)
        row = email_change.ask_for_email_change(request.user, data["email"], data["password"], request=self.client)
        return Response({"message": _("OTP sent to your email"), "request_id": row.request})


class ConfirmEmailView(StaysLoggedIn):
    """Take the other address over by its code; everything else that was logged in ends."""

    @extend_schema(request=ConfirmEmailSerializer, responses={200: MessageSerializer})
    def post(self, request: Request) -> Response:
        data = valid(ConfirmEmailSerializer, request)
        email_change.change_email(
            request.user, data["email"], data["otp"], request=self.client, otp_request=data["request_id"]
        )
        return self.answer(_("Address changed."))


class SessionViewSet(AccountMixin, mixins.ListModelMixin, ServiceViewSet):
    """Where one is logged in; ending one."""

    required_scopes = SecureAccountView.required_scopes
    queryset = LoginSession.objects.all()
    serializer_class = SessionSerializer

    def base_queryset(self) -> Any:
        return sessions.live_sessions(self.actor.account)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "current": current_id(self.request)}

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, *args: object, **kwargs: object) -> Response:
        session = self.get_object()
        sessions.revoke(LoginSession.objects.filter(pk=session.pk), "revoked")
        return Response(status=204)


class RevokeOthersView(SecureAccountView):
    """End every other log-in."""

    @extend_schema(request=None, responses={200: {"type": "object", "properties": {"revoked": {"type": "integer"}}}})
    def post(self, request: Request) -> Response:
        rows = LoginSession.objects.filter(user=self.actor.account)
        if current := current_id(request):
            rows = rows.exclude(pk=current)
        return Response({"revoked": sessions.revoke(rows, "revoked")})

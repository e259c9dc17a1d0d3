"""How REST clients prove who they are."""

from __future__ import annotations

from typing import Any

from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from ai_cms.core.conf import core_settings
from ai_cms.core.models import ApiToken
from ai_cms.core.tokens import find_token

__all__ = ["BearerAuthentication", "SessionAuthentication", "get_authenticators"]


class BearerAuthentication(authentication.BaseAuthentication):
    """Accept ``Authorization: Bearer aicms_…``; the token's scopes narrow what its user may do."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _space, secret = header.partition(" ")
        if scheme.lower() != self.keyword.lower():
            return None
        token = find_token(secret.strip())
        if token is None:
            # One message for unknown, expired, revoked and of an inactive user: nobody learns which.
            raise exceptions.AuthenticationFailed(_("Invalid token."), code="invalid_token")
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return f'{self.keyword} realm="api"'


class SessionAuthentication(authentication.SessionAuthentication):
    """Accept the session of the admin; unsafe methods need the CSRF token."""


def get_authenticators() -> list[authentication.BaseAuthentication]:
    """Return one instance of each class in ``AI_CMS["API_AUTHENTICATION_CLASSES"]``."""
    return [import_string(path)() for path in core_settings.API_AUTHENTICATION_CLASSES]

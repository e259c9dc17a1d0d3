"""How REST clients prove who they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from ai_cms.core.agents import admit_token
from ai_cms.core.conf import core_settings
from ai_cms.core.registry import Registry
from ai_cms.core.tokens import TOKEN_PREFIX, find_token

__all__ = ["BearerAuthentication", "SessionAuthentication", "bearer_tokens", "get_authenticators"]

#: Other kinds of bearer tokens that apps bring: name to a function of the token that returns its user and what becomes
#: ``request.auth``, or ``None`` for a token that is not valid. It may raise AuthenticationFailed to say why.
bearer_tokens: Registry[Callable[[str], tuple[Any, Any] | None]] = Registry("kind of bearer token")


class BearerAuthentication(authentication.BaseAuthentication):
    """Accept ``Authorization: Bearer …``: an API token, whose scopes narrow what its user may do, or a token of another app."""

    keyword = "Bearer"

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _space, secret = header.partition(" ")
        if scheme.lower() != self.keyword.lower():
            return None
        secret = secret.strip()
        if secret.startswith(TOKEN_PREFIX):
            token = find_token(secret)
            if token is not None:
                admit_token(token)
                return token.user, token
        else:
            for _name, read in bearer_tokens.items():
                if (found := read(secret)) is not None:
                    return found
        # One message for unknown, expired, revoked and of an inactive user: nobody learns which.
        raise exceptions.AuthenticationFailed(_("Invalid token."), code="invalid_token")

    def authenticate_header(self, request: Request) -> str:
        return f'{self.keyword} realm="api"'


class SessionAuthentication(authentication.SessionAuthentication):
    """Accept the session of the admin; unsafe methods need the CSRF token."""


def get_authenticators() -> list[authentication.BaseAuthentication]:
    """Return one instance of each class in ``AI_CMS["API_AUTHENTICATION_CLASSES"]``."""
    return [import_string(path)() for path in core_settings.API_AUTHENTICATION_CLASSES]

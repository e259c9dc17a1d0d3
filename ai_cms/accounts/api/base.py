"""What the account routes have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.accounts.jwt import ExpiredToken
from ai_cms.accounts.tokens import read_access
from ai_cms.core.api.errors import exception_handler
from ai_cms.core.api.viewsets import ServiceMixin, ServiceView

__all__ = ["AccountMixin", "AccountView", "PublicAccountView", "SecureAccountView", "account_errors", "read_bearer"]


def account_errors(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer as everywhere, with ``detail`` and ``code`` beside the messages by field too."""
    answer = exception_handler(error, context)
    if answer is not None and isinstance(answer.data, dict):
        answer.data.setdefault("detail", _("The input is not valid."))
        answer.data.setdefault("code", "invalid")
        if answer.status_code == 401 and not answer.has_header("WWW-Authenticate"):
            answer["WWW-Authenticate"] = 'Bearer realm="api"'
    return answer


def read_bearer(token: str) -> tuple[Any, Any] | None:
    """Read an access token for the one authentication class of the API."""
    try:
        return read_access(token)
    except ExpiredToken:
        raise exceptions.AuthenticationFailed(_("The token has expired."), code="token_expired") from None


class AccountMixin(ServiceMixin):
    """Count tries where a refusal cannot undo it: never inside a transaction, whatever ``ATOMIC_REQUESTS`` says.

    ``hands_out_secrets``: an ``Idempotency-Key`` is not looked at, as the answer may not be kept.
    """

    idempotency_atomic = False
    hands_out_secrets = False

    @classmethod
    def as_view(cls, *args: object, **kwargs: object) -> Any:
        return transaction.non_atomic_requests(super().as_view(*args, **kwargs))

    def get_exception_handler(self) -> Callable[..., Any]:
        return account_errors

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        if self.hands_out_secrets:
            request.META.pop("HTTP_IDEMPOTENCY_KEY", None)
        super().initial(request, *args, **kwargs)

    @property
    def client(self) -> HttpRequest:
        """The request as Django has it."""
        request: HttpRequest = self.request._request
        return request


class AccountView(AccountMixin, ServiceView):
    """A route for whoever is logged in."""


class PublicAccountView(AccountView):
    """A route for strangers. Credentials are not looked at: an expired token must not be in the way of a new one."""

    public = True

    def get_authenticators(self) -> list[BaseAuthentication]:
        return []


class SecureAccountView(AccountView):
    """A route to what protects an account: API tokens need the scope ``admin`` for it."""

    required_scopes = {"GET": "admin", "POST": "admin", "PUT": "admin", "PATCH": "admin", "DELETE": "admin"}

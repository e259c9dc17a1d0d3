"""The errors of accounts, and the closed list of their codes.

::

    RequestRefused
    ├── RegistrationClosed     403 registration_closed
    ├── InvalidCredentials     401 invalid_credentials
    ├── SecondFactorRequired   401 second_factor_required   carries ticket, methods
    ├── InvalidTicket          401 invalid_ticket
    ├── InvalidRefreshToken    401 invalid_refresh_token
    ├── InvalidCode            400 invalid_code
    ├── WrongPassword          400 wrong_password
    ├── InvalidPasskey         400 invalid_passkey
    └── PackageMissing      501 package_missing
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import RequestRefused

from ..core.jsontypes import JsonObject

__all__ = [
    "CODES",
    "InvalidCode",
    "InvalidCredentials",
    "InvalidPasskey",
    "InvalidRefreshToken",
    "InvalidTicket",
    "PackageMissing",
    "RegistrationClosed",
    "SecondFactorRequired",
    "WrongPassword",
]

#: Every ``code`` that an answer of the account routes can carry, with what it means; docs/reference/accounts.md lists it.
CODES: dict[str, str] = {
    "invalid": "a field is missing or wrong; the messages stand by field beside this code",
    "invalid_json": "the body is not the JSON that is understood",
    "invalid_text": "a text holds what no text may hold, such as a NUL or half a surrogate",
    "invalid_query": "the query string is not what is understood",
    "too_long": "a text is over the limit of its length",
    "out_of_range": "a number or a time is beyond what can be stored",
    "malformed": "the request is malformed",
    "too_large": "the body is over a size limit",
    "invalid_code": "the code is wrong, expired, used up, or was asked for another purpose",
    "wrong_password": "the current password, asked for again, is wrong",
    "invalid_passkey": "the answer of the passkey does not hold",
    "not_authenticated": "no credentials were sent",
    "invalid_token": "the token is unknown, revoked, forged, or of somebody who may not log in",
    "token_expired": "the access token is genuine but its time is over: refresh once",
    "invalid_refresh_token": "the refresh token is spent, revoked, expired or none: log in again",
    "invalid_credentials": "no account that can log in has this address and password",
    "second_factor_required": "the password is right, a second factor is asked for: `ticket` and `methods`",
    "invalid_ticket": "the log-in took too long or is done; begin again",
    "permission_denied": "the actor may see this but not do it",
    "insufficient_scope": "the scopes of the API token do not reach here",
    "registration_closed": "`ALLOW_REGISTRATION` is off",
    "not_found": "it does not exist, or the actor may not know that it does",
    "method_not_allowed": "this route does not know the method",
    "conflict": "the request is at odds with the current state",
    "address_taken": "another account has the address; said to staff alone",
    "idempotency_in_flight": "the first request with this Idempotency-Key is still running",
    "idempotency_taken_over": "the request took too long and another attempt replaced it",
    "idempotency_key_reused": "this Idempotency-Key was used for another request",
    "idempotency_done": "the request was carried out before, its answer is not kept",
    "invalid_idempotency_key": "the Idempotency-Key is not 1 to 255 printable ASCII characters",
    "unsupported_media_type": "the media type or charset is not understood",
    "limit_exceeded": "too many requests; `Retry-After` says when to come back",
    "package_missing": "a package that this needs, of an extra, is not installed",
    "database_busy": "the database is busy; `Retry-After` says when to come back",
    "database_unavailable": "the database is away",
    "unavailable": "something the request needs is away",
}


class RegistrationClosed(RequestRefused):
    """``ALLOW_REGISTRATION`` is off."""

    status_code = 403
    default_code = "registration_closed"

    def __init__(self) -> None:
        super().__init__(_("Registration is closed."))


class InvalidCredentials(RequestRefused):
    """No account that can log in has this address and password. One answer for every reason."""

    status_code = 401
    default_code = "invalid_credentials"

    def __init__(self) -> None:
        super().__init__(
            _(
                "No account that can log in has this e-mail address and password. New accounts prove their address first."
            )
        )


class SecondFactorRequired(RequestRefused):
    """The first factor holds; ``ticket`` is given back with the second. ``methods``: totp, recovery, passkey."""

    status_code = 401
    default_code = "second_factor_required"

    def __init__(self, ticket: str, methods: list[str]) -> None:
        self.ticket = ticket
        self.methods = methods
        super().__init__(_("A second factor is needed."), ticket=ticket, methods=methods)


class InvalidTicket(RequestRefused):
    """The ticket between the two factors is expired, used or none."""

    status_code = 401
    default_code = "invalid_ticket"

    def __init__(self) -> None:
        super().__init__(_("This took too long. Please log in again."))


class InvalidRefreshToken(RequestRefused):
    """The refresh token is spent, revoked, expired, forged, or its user may not log in."""

    status_code = 401
    default_code = "invalid_refresh_token"

    def __init__(self) -> None:
        super().__init__(_("The refresh token is not valid. Please log in again."))


class InvalidCode(RequestRefused):
    """A code is wrong, expired, used up, or of another purpose. One answer for every reason."""

    status_code = 400
    default_code = "invalid_code"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or _("The code is wrong or no longer valid. Ask for a new one."))


class WrongPassword(RequestRefused):
    """The current password, asked for again, is wrong."""

    status_code = 400
    default_code = "wrong_password"

    def __init__(self, field: str = "current_password") -> None:
        message = _("This is not the current password.")
        super().__init__(message, errors={field: [message]})

    def body(self) -> JsonObject:
        """Return the message by field as well as by code."""
        return {**super().body(), "detail": self.detail, "code": self.code}


class InvalidPasskey(RequestRefused):
    """What the authenticator answered does not hold."""

    status_code = 400
    default_code = "invalid_passkey"

    def __init__(self) -> None:
        super().__init__(_("The passkey was not accepted."))


class PackageMissing(RequestRefused):
    """A package that this needs is not installed; ``extra``: what brings it."""

    status_code = 501
    default_code = "package_missing"

    def __init__(self, extra: str) -> None:
        super().__init__(f"Install django-ai-cms[{extra}] to use this.")

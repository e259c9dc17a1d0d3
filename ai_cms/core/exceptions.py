"""The errors of ai_cms.

::

    AICMSError
    ├── AlreadyRegistered          a name is taken in a registry
    ├── NotRegistered (KeyError)   a name is unknown to a registry
    └── RequestRefused             what a REST client can be told; carries status, code and detail
        ├── InvalidInput     400
        ├── PermissionRefused 403
        ├── NotFound         404
        ├── Conflict         409
        ├── StaleVersion     412   carries the current version
        ├── TooLarge         413
        ├── Unprocessable    422
        ├── LimitExceeded    429   carries retry_after (seconds)
        └── Unavailable      503   carries retry_after (seconds)

Every app derives its own errors from these, so that services raise what happened and the REST layer needs one handler.
"""

from __future__ import annotations

from typing import Any, ClassVar

from .jsontypes import JsonObject

__all__ = [
    "AICMSError",
    "AlreadyRegistered",
    "Conflict",
    "InvalidInput",
    "LimitExceeded",
    "NotFound",
    "NotRegistered",
    "PermissionRefused",
    "RequestRefused",
    "StaleVersion",
    "TooLarge",
    "Unavailable",
    "Unprocessable",
]


class AICMSError(Exception):
    """Base of every error that ai_cms raises on purpose."""


class AlreadyRegistered(AICMSError):
    """A registry already has another item of that name."""


class NotRegistered(AICMSError, KeyError):
    """A registry has no item of that name."""

    def __str__(self) -> str:
        # KeyError shows repr(args[0]); the message is a sentence.
        return str(self.args[0]) if self.args else ""


class RequestRefused(AICMSError):
    """A request that cannot be carried out, with what the client may be told.

    ``detail``: a sentence for a person. ``code``: stable, for programs. ``errors``: for InvalidInput, messages by field
    (``{"title": ["…"]}``, or for documents ``{"content_json": [{"loc": […], "type": "…", "msg": "…"}]}``); when it is
    set it is the whole body of the answer. ``keeps_writes``: whether what was written before the refusal is committed
    where a request runs in one transaction (the text of a stale write, kept as a revision).
    """

    status_code: ClassVar[int] = 400
    default_code: ClassVar[str] = "refused"
    default_detail: ClassVar[str] = "The request was refused."
    keeps_writes: ClassVar[bool] = False

    def __init__(
        self,
        detail: str | None = None,
        *,
        code: str | None = None,
        errors: dict[str, list[Any]] | None = None,
        retry_after: int | None = None,
        **extra: object,
    ) -> None:
        self.detail = detail or self.default_detail
        self.code = code or self.default_code
        self.errors = errors
        self.retry_after = retry_after
        self.extra = extra
        super().__init__(f"{self.detail} {errors}" if errors else self.detail)

    def body(self) -> JsonObject:
        """Return the JSON body of the REST answer."""
        if self.errors is not None:
            return dict(self.errors)
        return {"detail": self.detail, "code": self.code, **self.extra}


class InvalidInput(RequestRefused):
    """The input is malformed or breaks a rule."""

    status_code = 400
    default_code = "invalid"
    default_detail = "The input is not valid."


class PermissionRefused(RequestRefused):
    """The actor may see the object but not do this to it."""

    status_code = 403
    default_code = "permission_denied"
    default_detail = "You do not have permission to perform this action."


class NotFound(RequestRefused):
    """The object does not exist, or the actor may not know that it does."""

    status_code = 404
    default_code = "not_found"
    default_detail = "Not found."


class Conflict(RequestRefused):
    """The request is at odds with the current state."""

    status_code = 409
    default_code = "conflict"
    default_detail = "The request is at odds with the current state."


class StaleVersion(RequestRefused):
    """The write was made for an older version; ``current_version`` is in the body."""

    status_code = 412
    default_code = "stale_version"
    default_detail = "This was changed by someone else since you read it."
    keeps_writes = True

    def __init__(self, detail: str | None = None, *, current_version: int | None, **extra: Any) -> None:
        self.current_version = current_version
        super().__init__(detail, current_version=current_version, **extra)


class TooLarge(RequestRefused):
    """The body is over a size limit."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The request is too large."


class Unprocessable(RequestRefused):
    """The request is well formed but cannot be carried out as it is."""

    status_code = 422
    default_code = "unprocessable"
    default_detail = "The request cannot be carried out."


class LimitExceeded(RequestRefused):
    """A rate limit or quota is used up."""

    status_code = 429
    default_code = "limit_exceeded"
    default_detail = "Too many requests."


class Unavailable(RequestRefused):
    """Something the request needs is down for now."""

    status_code = 503
    default_code = "unavailable"
    default_detail = "The service is unavailable for now."

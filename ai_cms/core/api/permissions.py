"""The first question of every REST view; what an actor may do to an object is the policy's to decide."""

from __future__ import annotations

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from ai_cms.core.permissions import Actor

__all__ = ["AllowPublic", "HasScope", "IsAuthenticated"]


class IsAuthenticated(BasePermission):
    """Let active users in."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return Actor.from_request(request).is_authenticated


class AllowPublic(BasePermission):
    """Let everyone in; for views with ``public = True``."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return True


class HasScope(BasePermission):
    """Refuse tokens whose scopes cannot reach the view.

    ``view.required_scopes`` maps an action or a method to a scope. What it does not name needs ``read`` for safe
    methods and anything above ``read`` for the others; the policy then asks for the exact one.
    """

    message = "The token's scopes do not allow this."
    code = "insufficient_scope"

    def has_permission(self, request: Request, view: APIView) -> bool:
        actor = Actor.from_request(request)
        if actor.scopes is None:
            return True
        required = getattr(view, "required_scopes", {})
        scope = required.get(getattr(view, "action", None)) or required.get(request.method)
        if scope is not None:
            return actor.has_scope(scope)
        if request.method in SAFE_METHODS:
            return actor.has_scope("read")
        return any(actor.has_scope(above) for above in ("write", "publish", "admin"))

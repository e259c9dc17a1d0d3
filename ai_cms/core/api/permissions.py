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
    methods and ``write`` for the others; the policy then asks for the exact one. Of the actions in ``view.proposable``
    the view makes proposals for whose token ends below what they need.
    """

    message = "The token's scopes do not allow this."
    code = "insufficient_scope"

    def has_permission(self, request: Request, view: APIView) -> bool:
        actor = Actor.from_request(request)
        if actor.scopes is None:
            return True
        required = getattr(view, "required_scopes", {})
        action = getattr(view, "action", None)
        if actor.has_scope("propose"):
            if action in getattr(view, "proposable", ()):
                return True
            if not actor.has_scope("write") and request.method not in SAFE_METHODS:
                self.message = (
                    "The token's scopes do not allow this, and it is nothing that can be proposed. "
                    "Ask for a token with a wider scope, or ask a person to do it."
                )
        scope = required.get(action) or required.get(request.method)
        if scope is not None:
            return actor.has_scope(scope)
        if request.method in SAFE_METHODS:
            return actor.has_scope("read")
        return actor.has_scope("write")

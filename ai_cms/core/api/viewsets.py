"""The base classes of all REST views. Nothing here depends on the host's ``REST_FRAMEWORK`` settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.db import models
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import add_never_cache_headers, patch_cache_control, patch_vary_headers
from rest_framework import renderers
from rest_framework.authentication import BaseAuthentication
from rest_framework.filters import BaseFilterBackend
from rest_framework.pagination import BasePagination
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from ai_cms.core.mappings import CleanedData
from ai_cms.core.permissions import Actor, PermissionPolicy, get_policy

from ..agents import mark_outside
from ..models import ApiToken
from .authentication import get_authenticators
from .errors import exception_handler
from .filters import DjangoFilterBackend, OrderingFilter, SearchFilter
from .idempotency import run_once
from .openapi import AutoSchema
from .pagination import PageNumberPagination
from .parsers import JSONParser, check_charset, check_path, check_query
from .permissions import AllowPublic, HasScope, IsAuthenticated
from .renderers import JSONRenderer, LenientNegotiation
from .throttling import RateLimitThrottle

M = TypeVar("M", bound=models.Model)

__all__ = ["ServiceMixin", "ServiceView", "ServiceViewSet"]


class ServiceMixin(APIView):
    """What every REST view has in common.

    ``public``: anonymous visitors may call it. ``required_scopes``: token scope by action or method. ``rate_limit``: scope,
    limit and seconds. ``json_roots``: what a JSON body may be. ``idempotency_atomic``: False for views that call other
    services, which must not hold a transaction; ``idempotency_lease``: their longest run in seconds. ``versioned``:
    True, or the actions, where ``If-Match`` is understood (for the schema).
    """

    public: ClassVar[bool] = False
    required_scopes: ClassVar[Mapping[str, str]] = {}
    rate_limit: ClassVar[tuple[str, int, int] | None] = None
    json_roots: ClassVar[tuple[type, ...]] = (dict,)
    versioned: ClassVar[bool | frozenset[str] | set[str]] = False
    idempotency_atomic: bool = True
    idempotency_lease: int | None = None

    parser_classes: Sequence[type[BaseParser]] = (JSONParser,)
    renderer_classes: Sequence[type[BaseRenderer]] = (JSONRenderer,)
    throttle_classes: Sequence[type[BaseThrottle]] = (RateLimitThrottle,)
    authentication_classes: Sequence[type[BaseAuthentication]] = ()  # get_authenticators() reads the setting
    permission_classes: Sequence[type[BasePermission]] = ()
    content_negotiation_class = LenientNegotiation
    metadata_class = None
    versioning_class = None
    schema = AutoSchema()
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    @property
    def actor(self) -> Actor:
        """Who this request acts for."""
        return Actor.from_request(self.request)

    def get_authenticators(self) -> list[BaseAuthentication]:
        return get_authenticators()

    def get_permissions(self) -> list[BasePermission]:
        first = AllowPublic() if self.public else IsAuthenticated()
        return [first, HasScope(), *(permission() for permission in self.permission_classes)]

    def get_renderers(self) -> list[BaseRenderer]:
        found = [renderer() for renderer in self.renderer_classes]
        if settings.DEBUG and isinstance(found[0], JSONRenderer):
            found.append(renderers.BrowsableAPIRenderer())
        return found

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        return exception_handler

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        # Before anything reads the query: its decoding depends on the charset of the Content-Type.
        check_charset(request.content_type)
        check_query(request._request)
        super().initial(request, *args, **kwargs)
        check_path(kwargs)

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        """Do what REST framework's own does, with the handler run through :func:`run_once`."""
        self.args = args
        self.kwargs = kwargs
        self.headers = self.default_response_headers
        wrapped = self.initialize_request(request, *args, **kwargs)
        self.request = wrapped
        try:
            self.initial(wrapped, *args, **kwargs)
            method = (wrapped.method or "").lower()
            handler = getattr(self, method, None) if method in self.http_method_names else None
            if handler is None:
                self.http_method_not_allowed(wrapped, *args, **kwargs)
                raise AssertionError("unreachable: http_method_not_allowed() raises")
            response: Any = run_once(
                wrapped,
                partial(handler, wrapped, *args, **kwargs),
                atomic=self.idempotency_atomic,
                lease=self.idempotency_lease,
            )
        except Exception as error:
            response = self.handle_exception(error)
        self.response = self.finalize_response(wrapped, response, *args, **kwargs)
        return self.response

    def finalize_response(self, request: Request, response: Response, *args: object, **kwargs: object) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        # Not request.user: that would authenticate now, and raise, when the request was refused before.
        user = request.__dict__.get("_user")
        anonymous = user is None or not user.is_authenticated
        if not self.public or not anonymous or final.status_code >= 400:
            final.headers.pop("Cache-Control", None)
            patch_cache_control(final, private=True, no_store=True)
        elif request.method not in ("GET", "HEAD"):
            add_never_cache_headers(final)
        patch_vary_headers(final, ("Authorization", "Cookie"))
        token = request.__dict__.get("_auth")
        shown = final.status_code < 300
        # Of other tokens nobody knows whether a model is behind them.
        if shown and isinstance(token, ApiToken) and token.agent is not None and (source := self.outside(final)):
            mark_outside(token, source)
        return final

    def outside(self, response: Any) -> str:
        """Return what of an answer came from outside the site, in words; "" for nothing.

        An agent that has read it only proposes from then on.
        """
        return ""


class ServiceView(ServiceMixin):
    """A single endpoint."""


class ServiceViewSet(ServiceMixin, GenericViewSet[Any]):
    """The routes of one model.

    Set ``queryset`` or override :meth:`base_queryset` (for swappable models). Lists and lookups see what the model's
    policy shows the actor; everything else goes through :meth:`require` or a service that asks the policy itself.
    """

    pagination_class: type[BasePagination] | None = PageNumberPagination
    filter_backends: Sequence[type[BaseFilterBackend]] = (DjangoFilterBackend, SearchFilter, OrderingFilter)
    ordering_fields: Any = ()

    def base_queryset(self) -> models.QuerySet[Any]:
        """Return the rows before the policy restricts them."""
        return super().get_queryset()

    def get_queryset(self) -> models.QuerySet[Any]:
        rows = self.base_queryset()
        return get_policy(rows.model).visible(self.actor, rows)

    @property
    def policy(self) -> PermissionPolicy[Any]:
        """The policy of the model."""
        return get_policy(self.base_queryset().model)

    def page_of(self, rows: models.QuerySet[M]) -> Sequence[M]:
        """Return those of ``rows`` that stand on the page of the list which the request asks for."""
        return self.paginate_queryset(rows) or []

    def body(self, request: Request, serializer_class: type[BaseSerializer[Any]], **options: Any) -> CleanedData:
        """Return the validated body. Raises REST framework's ValidationError."""
        serializer = serializer_class(data=request.data, **options)
        serializer.is_valid(raise_exception=True)
        values: CleanedData = serializer.validated_data
        return values

    def require(self, action: str, obj: models.Model | None = None) -> None:
        """Raise NotFound or PermissionRefused unless the actor may do ``action`` to ``obj``."""
        self.policy.require(self.actor, action, obj)

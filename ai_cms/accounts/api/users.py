"""Users: oneself, and for staff everybody."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.http import JsonResponse
from django.utils.module_loading import import_string
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.accounts.conf import accounts_settings
from ai_cms.accounts.export import export_user
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.parsers import FormParser, JSONParser, MultiPartParser
from ai_cms.core.api.viewsets import ServiceViewSet
from ai_cms.core.exceptions import NotFound
from ai_cms.core.permissions import get_policy

from ..models.user import AbstractUser
from .base import AccountMixin, AccountView, SecureAccountView
from .serializers import UserListSerializer, UserSerializer

__all__ = ["ExportView", "MeView", "UserFilter", "UserViewSet", "save_profile"]


class UserFilter(django_filters.FilterSet):  # type: ignore[misc]
    """What lists of users are filtered by."""

    is_verified = django_filters.BooleanFilter()
    is_staff = django_filters.BooleanFilter()
    is_active = django_filters.BooleanFilter()
    deleted = django_filters.BooleanFilter(method="by_deleted", help_text="true: the deleted ones alone (staff)")

    class Meta:
        model = get_user_model()
        fields = ["is_verified", "is_staff", "is_active"]

    def by_deleted(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.filter(deleted_at__isnull=not value)


def user_serializer() -> Any:
    """Return the serializer of one user, the project's if it has one."""
    return import_string(accounts_settings.USER_SERIALIZER)


def save_profile(user: object, request: Request, *, manages: bool, context: Mapping[str, object]) -> dict[str, Any]:
    """Write what a request says about ``user``, and return the user as shown. PUT and PATCH leave what they do not name."""
    context = {**context, "manages": manages}
    serializer = user_serializer()(user, data=request.data, partial=True, context=context)
    serializer.is_valid(raise_exception=True)
    serializer.save()
    data: dict[str, Any] = serializer.data
    return data


class UserViewSet(AccountMixin, mixins.ListModelMixin, ServiceViewSet):
    """Users by slug, or by id: everyone sees and edits themselves, staff with the permission all."""

    parser_classes = (JSONParser, MultiPartParser, FormParser)
    filterset_class = UserFilter
    search_fields = ("email", "username", "name")
    ordering_fields = ("email", "username", "date_joined")
    serializer_class = UserListSerializer
    lookup_field = "slug"
    lookup_value_regex = r"[\w-]+"
    idempotency_atomic = True

    def base_queryset(self) -> Any:
        model: Any = get_user_model()
        # Deleted users are shown to those who ask for them, and found by whoever may restore them.
        wants_deleted = self.action == "restore" or "deleted" in self.request.query_params
        return (model.all_objects if wants_deleted else model.objects).all()

    def get_object(self) -> Any:
        found = self.filter_by_name(self.get_queryset(), self.kwargs["slug"]).first()
        if found is None:
            raise NotFound
        return found

    def filter_by_name(self, rows: Any, name: str) -> Any:
        try:
            return rows.filter(pk=uuid.UUID(name))
        except ValueError:
            return rows.filter(slug=name)

    def manages(self, user: AbstractUser) -> bool:
        return get_policy(get_user_model()).can(self.actor, "manage", user)

    @extend_schema(responses={200: UserSerializer})
    def retrieve(self, request: Request, *args: object, **kwargs: object) -> Response:
        return Response(user_serializer()(self.get_object(), context=self.get_serializer_context()).data)

    @extend_schema(request=UserSerializer, responses={200: UserSerializer})
    def update(self, request: Request, *args: object, **kwargs: object) -> Response:
        user = self.get_object()
        self.require("change", user)
        context = self.get_serializer_context()
        return Response(save_profile(user, request, manages=self.manages(user), context=context))

    @extend_schema(request=UserSerializer, responses={200: UserSerializer})
    def partial_update(self, request: Request, *args: object, **kwargs: object) -> Response:
        return self.update(request, *args, **kwargs)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, *args: object, **kwargs: object) -> Response:
        user = self.get_object()
        self.require("delete", user)
        user.delete()
        return Response(status=204)

    @extend_schema(request=None, responses={200: UserSerializer})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, *args: object, **kwargs: object) -> Response:
        """Bring a deleted user back."""
        user = self.get_object()
        self.require("restore", user)
        user.restore()
        return Response(user_serializer()(user, context=self.get_serializer_context()).data)


class MeView(AccountView):
    """Oneself."""

    parser_classes = (JSONParser, MultiPartParser, FormParser)
    idempotency_atomic = True

    @extend_schema(responses={200: UserSerializer})
    def get(self, request: Request) -> Response:
        return Response(user_serializer()(request.user, context={"request": request}).data)

    @extend_schema(request=UserSerializer, responses={200: UserSerializer})
    def patch(self, request: Request) -> Response:
        get_policy(get_user_model()).require(self.actor, "change", request.user)
        manages = get_policy(get_user_model()).can(self.actor, "manage", request.user)
        return Response(save_profile(request.user, request, manages=manages, context={"request": request}))

    @extend_schema(request=UserSerializer, responses={200: UserSerializer})
    def put(self, request: Request) -> Response:
        return self.patch(request)


class ExportView(SecureAccountView):
    """Everything that is held about oneself, as a JSON file."""

    @extend_schema(
        responses={200: {"type": "object", "additionalProperties": True}},
    )
    def get(self, request: Request) -> Any:
        data = export_user(request.user)
        answer = JsonResponse(data, json_dumps_params={"ensure_ascii": False, "indent": 2})
        answer["Content-Disposition"] = 'attachment; filename="account.json"'
        return answer

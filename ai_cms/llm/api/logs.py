"""``/ai/logs/``, ``/ai/credits/`` and ``/ai/backends/``."""

from __future__ import annotations

import logging
from datetime import date
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema_view, inline_serializer
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.viewsets import ServiceView, ServiceViewSet
from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.core.permissions import get_policy
from ai_cms.llm.exceptions import InvalidLLMBackend
from ai_cms.llm.handler import DEFAULT_ALIAS, llms
from ai_cms.llm.models import AILog, BackendState, CallKind, CreditAccount, CreditEntry, CreditKind

from ...core.jsontypes import JsonObject
from ..credits import ledger as credits
from .filters import AILogFilter, CreditEntryFilter, user_key
from .serializers import (
    AILogSerializer,
    BackendSerializer,
    CreditAccountSerializer,
    CreditEntrySerializer,
    GrantSerializer,
)

__all__ = ["AILogViewSet", "BackendsView", "CreditEntryViewSet", "CreditsView", "GrantView"]

logger = logging.getLogger("ai_cms.llm")


@extend_schema_view(
    list=extend_schema(summary="List the AI log: one's own calls, staff all"),
    retrieve=extend_schema(summary="Read an entry of the AI log"),
)
class AILogViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ServiceViewSet):
    queryset = AILog.objects.select_related("content_type")
    serializer_class = AILogSerializer
    filterset_class = AILogFilter
    ordering_fields = ("created_at", "cost_micro", "tokens_in", "tokens_out", "latency_ms")
    lookup_value_regex = r"\d{1,18}"


@extend_schema_view(
    list=extend_schema(summary="List the credit ledger: one's own entries, staff all"),
)
class CreditEntryViewSet(mixins.ListModelMixin, ServiceViewSet):
    queryset = CreditEntry.objects.select_related("account")
    serializer_class = CreditEntrySerializer
    filterset_class = CreditEntryFilter
    ordering_fields = ("created_at", "amount")


class CreditsView(ServiceView):
    """The credits of a user."""

    @extend_schema(
        summary="Read one's credits",
        parameters=[OpenApiParameter("user", str, description="Staff: the id of another user.")],
        responses=inline_serializer(
            "Credits",
            {"user": serializers.CharField(), "tier": serializers.CharField(), "text": CreditAccountSerializer(),
             "image": CreditAccountSerializer()},
        ),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        user = self._user(request.query_params.get("user"))
        body: JsonObject = {"user": str(user.pk), "tier": credits.tier_of(user)}
        for kind in CreditKind.values:
            body[kind] = CreditAccountSerializer(_described(credits.account_for(user, kind))).data
        return Response(body)

    def _user(self, key: str | None) -> Any:
        if key in (None, "", "me", str(self.actor.account.pk)):
            return self.actor.account
        found = user_key(str(key))
        user = None if found is None else get_user_model()._default_manager.filter(pk=found).first()
        if user is None or not get_policy(CreditAccount).can(self.actor, "view", CreditAccount(user=user)):
            raise NotFound
        return user


class GrantView(ServiceView):
    """Give credits; for staff."""

    required_scopes = {"POST": "admin"}

    @extend_schema(summary="Grant credits to a user", request=GrantSerializer, responses={201: CreditEntrySerializer})
    def post(self, request: Request) -> Response:
        policy = get_policy(CreditAccount)
        policy.require(self.actor, "grant")
        form = GrantSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        key = user_key(data["user"])
        user = None if key is None else get_user_model()._default_manager.filter(pk=key).first()
        if user is None:
            raise InvalidInput(errors={"user": [_("There is no such user.")]})
        entry = credits.grant_credits(
            actor=self.actor,
            user=user,
            kind=data["kind"],
            credits=data["credits"],
            note=data.get("note", ""),
            idempotency_key=request.headers.get("Idempotency-Key", ""),
        )
        return Response(CreditEntrySerializer(entry).data, status=201)


class BackendsView(ServiceView):
    """The aliases one may choose from; no addresses, no keys."""

    @extend_schema(summary="List the AI backends", responses=BackendSerializer(many=True))
    def get(self, request: Request) -> Response:
        now = timezone.now()
        opened = set(
            BackendState.objects.filter(open_until__gt=now, kind=CallKind.TEXT).values_list("alias", flat=True)
        )
        found = []
        for alias in llms:
            try:
                backend = llms[alias]
            except InvalidLLMBackend as error:
                # The system checks tell the staff; a list for clients leaves out what cannot be used.
                logger.error("An AI backend is set up wrongly: %s", error)
                continue
            found.append(
                {
                    "alias": alias,
                    "model": backend.model,
                    "is_default": alias == DEFAULT_ALIAS,
                    "provenance": backend.provenance,
                    "available": alias not in opened,
                    "streaming": backend.supports_streaming,
                    "structured": backend.supports_structured,
                    "tools": backend.supports_tools,
                    "vision": backend.supports_vision,
                    "images": backend.supports_images,
                    "embeddings": backend.supports_embeddings,
                    "context_window": backend.context_window,
                }
            )
        return Response(BackendSerializer(found, many=True).data)


def _described(account: CreditAccount) -> JsonObject:
    kind = account.kind
    today = timezone.localdate()
    return {
        "kind": kind,
        "credits": credits.in_credits(kind, account.available),
        "balance": account.balance,
        "reserved": account.reserved,
        "available": account.available,
        "allowance": credits.in_credits(kind, credits.allowance_of(account.user, kind)),
        "unit": "tokens" if kind == CreditKind.TEXT else "images",
        "units_per_credit": credits.in_units(kind, 1),
        "renews_on": date(today.year + today.month // 12, today.month % 12 + 1, 1),
    }

"""``/ai/alt-texts/``: proposals for all pictures that lack a text; mounted where ``ai_cms.assets`` is installed."""

from __future__ import annotations

from django.urls import reverse
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.assist.alt_texts import last_run, proposed, start_alt_texts, state_of, waiting
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.viewsets import ServiceView

from ...core.jsontypes import JsonObject
from .serializers import AltTextRunSerializer, AltTextsSerializer, StartAltTextsSerializer

__all__ = ["AltTextsView"]


class AltTextsView(ServiceView):
    """Have alternative texts proposed, and see how far that is."""

    required_scopes = {"get": "read", "post": "write"}
    idempotency_atomic = False

    @extend_schema(
        summary="How many pictures lack a text",
        description="And how far your last run is. The proposals are assets with alt_proposal.",
        responses=AltTextsSerializer,
    )
    def get(self, request: Request) -> Response:
        run = last_run(self.actor)
        found: JsonObject = {
            "waiting": waiting(self.actor).count(),
            "proposed": proposed(self.actor).count(),
            "run": state_of(run) if run is not None else None,
        }
        return Response(found)

    @extend_schema(
        summary="Have texts proposed for all pictures that lack one",
        description="A run to watch; the one that you have started is not over yet: that one. It stops when credits end.",
        request=StartAltTextsSerializer,
        responses={202: AltTextRunSerializer},
    )
    def post(self, request: Request) -> Response:
        form = StartAltTextsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        run = start_alt_texts(self.actor, **form.validated_data)
        links = {name: reverse(f"ai_cms_api:run-{name}", kwargs={"pk": str(run.pk)}) for name in ("events", "cancel")}
        return Response({**state_of(run), **links}, status=status.HTTP_202_ACCEPTED)

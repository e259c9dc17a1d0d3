"""``/ai/tasks/``, ``/ai/generate-text/``, ``/ai/generate-image/``."""

from __future__ import annotations

import hashlib
from typing import Any

from django.http.response import HttpResponseBase
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.assist.images import generate_image
from ai_cms.assist.registry import WritingTask, get_task, tasks
from ai_cms.assist.runs import HANDLER
from ai_cms.assist.services import generate_text, prepared
from ai_cms.core.api.idempotency import principal_of
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.viewsets import ServiceView
from ai_cms.core.exceptions import NotFound
from ai_cms.core.permissions import get_policy, policy_for
from ai_cms.llm.runs.services import start_run
from ai_cms.llm.runs.streaming import run_stream
from ai_cms.llm.seats import has_free_seat, seat
from ai_cms.pages import get_page_model
from ai_cms.pages.models import AbstractPage

from ...core.jsontypes import JsonObject
from .serializers import (
    GenerateImageSerializer,
    GenerateTextSerializer,
    ImageSerializer,
    OutcomeSerializer,
    TaskSerializer,
)

__all__ = ["GenerateImageView", "GenerateTextView", "TasksView"]


def described(task: WritingTask) -> JsonObject:
    """Return what a client needs to know of a task."""
    return {
        "name": task.name,
        "label": str(task.label),
        "description": str(task.description),
        "needs_page": task.needs_page,
        "makes_pages": task.makes_pages,
        "streams_operations": task.streams_operations,
        "payload_schema": task.payload_model.model_json_schema(),
        "output_schema": task.output_model.model_json_schema(mode="serialization"),
    }


def _is_true(value: object) -> bool:
    """Return whether the serializer will read ``value`` as true."""
    return value is True or str(value).lower() in ("true", "t", "yes", "y", "on", "1")


class TasksView(ServiceView):
    """List the writing tasks."""

    @extend_schema(summary="List writing tasks", responses=TaskSerializer(many=True))
    def get(self, request: Request) -> Response:
        return Response([described(tasks[name]) for name in tasks])


class GenerateTextView(ServiceView):
    """Carry out a writing task."""

    # On a page it makes a proposal, as all writing tasks do.
    required_scopes = {"POST": "propose"}
    # The provider is called here; no transaction may be held meanwhile.
    idempotency_atomic = False
    idempotency_lease = 600
    #: The key of a request that starts a run: the run keeps it, so that a repeated one watches the same run.
    run_key = ""

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        data: Any = request.data if request.method == "POST" else {}
        starts_run = _is_true(data.get("stream")) or _is_true(data.get("background"))
        key = request.META.get("HTTP_IDEMPOTENCY_KEY")
        # A malformed key stays where it is, to be refused like any other.
        if starts_run and key and key.isascii() and key.isprintable() and len(key) <= 255:
            del request.META["HTTP_IDEMPOTENCY_KEY"]
            self.run_key = "rest:" + hashlib.sha256(f"{principal_of(request)}\n{key}".encode()).hexdigest()

    def outside(self, response: Any) -> str:
        # A model has written it, of texts that may hold anything. Of a run it is read at the run's address.
        return "" if response.status_code == 202 else "the result of a writing task"

    @extend_schema(
        summary="Carry out a writing task",
        request=GenerateTextSerializer,
        responses={200: OutcomeSerializer, 202: OpenApiResponse(description="A run to watch: {run, events, cancel}.")},
    )
    def post(self, request: Request) -> HttpResponseBase:
        form = GenerateTextSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        page, parent = self._page(data.get("page"), "propose"), self._page(data.get("parent"), "add")
        task = get_task(data["task"])
        if not (data["stream"] or data["background"]):
            with seat(request._request):
                outcome = generate_text(data["task"], data["payload"], actor=self.actor, page=page, parent=parent)
            return Response(outcome.to_json())
        # What is wrong with the request is said now, not as an event.
        prepared(task, self.actor, data["payload"], page, parent)
        payload = {
            "task": data["task"],
            "payload": data["payload"],
            "page": page.pk if page is not None else None,
            "parent": parent.pk if parent is not None else None,
            "keep_partial": data["keep_partial"],
        }
        run = start_run(
            HANDLER,
            payload,
            actor=self.actor,
            target=page or parent,
            target_label=task.name,
            idempotency_key=self.run_key,
        )
        # All threads that may wait do: the work goes on without one, to be watched when one is free.
        if data["background"] or not has_free_seat(request._request):
            return Response(
                {
                    "run": str(run.pk),
                    "events": reverse("ai_cms_api:run-events", kwargs={"pk": str(run.pk)}),
                    "cancel": reverse("ai_cms_api:run-cancel", kwargs={"pk": str(run.pk)}),
                },
                status=status.HTTP_202_ACCEPTED,
            )
        ndjson = "application/x-ndjson" in request.headers.get("Accept", "")
        response = run_stream(request._request, run, after=0, ndjson=ndjson)
        response["AI-CMS-Run"] = str(run.pk)
        return response

    def _page(self, pk: int | None, action: str) -> AbstractPage | None:
        if pk is None:
            return None
        model = get_page_model()
        page: AbstractPage | None = get_policy(model).visible(self.actor, model.objects.all()).filter(pk=pk).first()
        if page is None:
            raise NotFound
        policy_for(page).require(self.actor, action, page)
        return page


class GenerateImageView(ServiceView):
    """Make a picture."""

    required_scopes = {"post": "write"}
    idempotency_atomic = False
    idempotency_lease = 600

    @extend_schema(summary="Make a picture", request=GenerateImageSerializer, responses={201: ImageSerializer})
    def post(self, request: Request) -> Response:
        form = GenerateImageSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        with seat(request._request):
            image = generate_image(actor=self.actor, **form.validated_data)
        return Response(image.to_json(), status=status.HTTP_201_CREATED)

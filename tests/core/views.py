"""Small REST views that do what real ones do, for the tests of the ground they stand on."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.parsers import FormParser, JSONParser, MultiPartParser
from ai_cms.core.api.versions import expected_version, set_version
from ai_cms.core.api.viewsets import ServiceView, ServiceViewSet
from ai_cms.core.exceptions import StaleVersion
from ai_cms.core.models import RuntimeFlag
from ai_cms.core.permissions import Actor, PermissionPolicy


class FlagPolicy(PermissionPolicy[RuntimeFlag]):
    """Everyone logged in sees flags, but those that begin with "secret" only staff; everyone changes what they see."""

    def decide(self, actor: Actor, action: str, obj: RuntimeFlag | None) -> bool:
        return actor.is_staff or (actor.is_authenticated and (obj is None or not obj.name.startswith("secret")))

    def restrict(self, actor: Actor, queryset: Any) -> Any:
        if actor.is_staff:
            return queryset
        return queryset.exclude(name__startswith="secret") if actor.is_authenticated else queryset.none()


class FlagSerializer(serializers.ModelSerializer[RuntimeFlag]):
    class Meta:
        model = RuntimeFlag
        fields = ["id", "name", "enabled"]


class FlagViewSet(
    mixins.CreateModelMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    ServiceViewSet,
):
    queryset = RuntimeFlag.objects.all()
    serializer_class = FlagSerializer
    filterset_fields = ["name", "enabled", "id"]
    search_fields = ["name"]
    ordering_fields = ["name"]
    required_scopes = {"switch": "publish"}
    versioned = {"update"}

    @action(detail=True, methods=["post"])
    def switch(self, request: Request, pk: str) -> Response:
        """Switch the flag over."""
        flag = self.get_object()
        self.require("change", flag)
        flag.enabled = not flag.enabled
        flag.save()
        return Response(FlagSerializer(flag).data)


class EchoView(ServiceView):
    """Say what arrived."""

    public = True
    parser_classes = (JSONParser, FormParser, MultiPartParser)

    def get(self, request: Request, number: int = 0) -> Response:
        """Return the query."""
        return Response({"query": dict(request.query_params.lists())})

    def post(self, request: Request, number: int = 0) -> Response:
        """Return the body."""
        fields = {name: value for name, value in request.data.items() if name not in request.FILES}
        return Response({"data": fields, "files": sorted(request.FILES)}, status=201)


class ListView(ServiceView):
    public = True
    json_roots = (dict, list)

    def post(self, request: Request) -> Response:
        return Response({"length": len(request.data)})


class WriteView(ServiceView):
    """Write a flag, then end in the way the query asks for."""

    parser_classes = (JSONParser, MultiPartParser)

    def post(self, request: Request) -> Any:
        number = RuntimeFlag.objects.count()
        RuntimeFlag.objects.create(name=f"written-{number}")
        end = request.query_params.get("end", "")
        if end == "stale":
            raise StaleVersion(current_version=7)
        if end == "refuse":
            raise serializers.ValidationError({"name": ["No."]})
        if end == "crash":
            raise RuntimeError("a mistake in the code")
        if end == "500":
            return Response({"detail": "Broken.", "code": "broken"}, status=500)
        if end == "stream":
            return StreamingHttpResponse([b"data"], content_type="text/event-stream")
        if end == "empty":
            return Response(status=204)
        response = Response({"number": number, "text": "Grüße"}, status=201)
        set_version(response, 3)
        return response


class LooseWriteView(WriteView):
    idempotency_atomic = False
    idempotency_lease = 600


class VersionView(ServiceView):
    public = True

    def post(self, request: Request) -> Response:
        return Response({"version": expected_version(request)})


class LimitedView(ServiceView):
    public = True
    rate_limit = ("test", 2, 60)

    def get(self, request: Request) -> Response:
        return Response({})


class RaisingView(ServiceView):
    """Raise whatever the test wants."""

    public = True
    error: Exception | None = None

    def get(self, request: Request) -> Response:
        assert RaisingView.error is not None
        raise RaisingView.error

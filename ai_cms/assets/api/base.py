"""What the viewsets of assets have in common."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.assets import get_asset_model
from ai_cms.core.api.parsers import FormParser, JSONParser, MultiPartParser
from ai_cms.core.api.viewsets import ServiceViewSet
from ai_cms.core.exceptions import NotFound
from ai_cms.core.permissions import get_policy

__all__ = ["AssetsViewSet", "as_id"]


def as_id(raw: object) -> int:
    """Return the number in a path. Raises NotFound for what is none."""
    text = str(raw)
    if not (text.isascii() and text.isdecimal()) or len(text) > 18:
        raise NotFound
    return int(text)


class AssetsViewSet(ServiceViewSet):
    """Look assets up as the actor sees them."""

    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"
    parser_classes: Any = (MultiPartParser, FormParser, JSONParser)
    # A storage is asked and pictures are worked on here: no transaction may be held meanwhile.
    idempotency_atomic = False
    idempotency_lease: int | None = 300

    def base_queryset(self) -> Any:
        return get_asset_model().objects.shown().order_by("-created_at", "-pk")

    def asset(self) -> Any:
        """Return the asset named in the path, as picture or file. Raises NotFound."""
        model = get_asset_model()
        rows = get_policy(model).visible(self.actor, model.objects.all())
        found = rows.filter(pk=as_id(self.kwargs["id"])).first()
        if found is None:
            raise NotFound
        return found

    def body(self, request: Request, serializer_class: Any, **options: Any) -> dict[str, Any]:
        """Return the validated body. Raises REST framework's ValidationError."""
        serializer = serializer_class(data=request.data, **options)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        return values

    def created(self, data: object, route: str, pk: int) -> Response:
        """Answer 201 with where the new object is."""
        location = reverse(f"ai_cms_api:{route}", kwargs={"id": pk})
        return Response(data, status=201, headers={"Location": location})

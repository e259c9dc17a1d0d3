"""What the viewsets of assets have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from rest_framework.parsers import BaseParser
from rest_framework.response import Response

from ai_cms.assets import get_asset_model
from ai_cms.assets.models import AbstractAsset
from ai_cms.assets.querysets import AssetQuerySet
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
    parser_classes: Sequence[type[BaseParser]] = (MultiPartParser, FormParser, JSONParser)
    # A storage is asked and pictures are worked on here: no transaction may be held meanwhile.
    idempotency_atomic = False
    idempotency_lease: int | None = 300

    def outside(self, response: Any) -> str:
        # Names and texts of files are whatever whoever uploaded them has written there.
        data = getattr(response, "data", None)
        shown = data.get("results") if isinstance(data, dict) and "results" in data else data
        return "names and texts of uploaded files" if shown and self.request.method == "GET" else ""

    def base_queryset(self) -> QuerySet[Any]:
        rows: AssetQuerySet = get_asset_model().objects.shown().order_by("-created_at", "-pk")
        return rows

    def asset(self) -> AbstractAsset:
        """Return the asset named in the path, as picture or file. Raises NotFound."""
        model = get_asset_model()
        rows = get_policy(model).visible(self.actor, model.objects.all())
        found: AbstractAsset | None = rows.filter(pk=as_id(self.kwargs["id"])).first()
        if found is None:
            raise NotFound
        return found

    def created(self, data: object, route: str, pk: int) -> Response:
        """Answer 201 with where the new object is."""
        location = reverse(f"ai_cms_api:{route}", kwargs={"id": pk})
        return Response(data, status=201, headers={"Location": location})

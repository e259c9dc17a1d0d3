"""What the viewsets of portfolios have in common."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework.response import Response

from ai_cms.core.api.viewsets import ServiceViewSet
from ai_cms.core.exceptions import NotFound
from ai_cms.pages.api.base import as_id

__all__ = ["PortfolioBaseViewSet"]


class PortfolioBaseViewSet(ServiceViewSet):
    """Look rows up as the actor sees them."""

    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[^/]+"

    def found(self) -> Any:
        """Return the row named in the path. Raises NotFound, for hidden ones too."""
        row = self.get_queryset().filter(pk=as_id(self.kwargs["id"])).order_by().first()
        if row is None:
            raise NotFound
        return row

    def created(self, data: object, route: str, pk: int) -> Response:
        """Answer 201 with where the new row is."""
        location = reverse(f"ai_cms_api:{route}", kwargs={"id": pk})
        return Response(data, status=201, headers={"Location": location})

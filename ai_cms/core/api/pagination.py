"""Pages of lists."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rest_framework import pagination
from rest_framework.request import Request
from rest_framework.views import APIView

from ai_cms.core.exceptions import InvalidInput

from ..jsontypes import JsonObject

__all__ = ["PageNumberPagination"]


class PageNumberPagination(pagination.PageNumberPagination):
    """20 a page; ``page_size`` asks for more, up to 100. A page beyond the last answers 404."""

    page_size = 20
    max_page_size = 100
    page_size_query_param = "page_size"
    page_query_description = "A page number within the result set."
    page_size_query_description = "How many results a page has: 20 unless told, at most 100 (more is taken as 100)."

    def get_page_size(self, request: Request) -> int | None:
        """Return the size asked for. Raises InvalidInput for anything but a whole number above zero."""
        raw = request.query_params.get("page_size")
        if raw is None:
            return self.page_size
        if not (raw.isascii() and raw.isdecimal()) or not raw.strip("0"):
            raise InvalidInput(errors={"page_size": [_("A whole number above zero is needed.")]})
        return self.max_page_size if len(raw.lstrip("0")) > 3 else min(int(raw), self.max_page_size)

    def get_paginated_response_schema(self, schema: JsonObject) -> JsonObject:
        found: JsonObject = super().get_paginated_response_schema(schema)
        for name in ("next", "previous"):
            # REST framework writes "nullable", which OpenAPI 3.1 no longer knows.
            link = found["properties"][name]
            link.pop("nullable", None)
            link["type"] = ["string", "null"]
        return found

    def get_schema_operation_parameters(self, view: APIView) -> list[JsonObject]:
        parameters: list[JsonObject] = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            parameter["schema"] = {"type": "integer", "minimum": 1}
        return parameters

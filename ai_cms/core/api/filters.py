"""Filters of lists: only what a view lists is filtered, searched and ordered by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django_filters.fields import IsoDateTimeField
from django_filters.filters import IsoDateTimeFilter
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework import filters
from rest_framework.request import Request
from rest_framework.views import APIView

from ai_cms.core.exceptions import InvalidInput

from ..jsontypes import JsonObject

__all__ = ["DjangoFilterBackend", "MomentField", "MomentFilter", "OrderingFilter", "SearchFilter"]

_MOST_TERMS = 16


class MomentField(IsoDateTimeField):  # type: ignore[misc]
    """A time in a year that stays one a database can hold when its offset is taken away."""

    def to_python(self, value: object) -> datetime | None:
        moment: datetime | None = super().to_python(value)
        if moment is not None and not 1900 <= moment.year <= 9000:
            raise ValidationError(_("Choose a year between 1900 and 9000."), code="out_of_range")
        return moment


class MomentFilter(IsoDateTimeFilter):  # type: ignore[misc]
    """Filter by a time; one that no row can have is refused as any other malformed value."""

    field_class = MomentField


class SearchFilter(filters.SearchFilter):
    """Search in ``view.search_fields`` with a limited number of words, so that a query stays one a database can run."""

    search_param = "search"

    def get_search_terms(self, request: Request) -> list[str]:
        terms: list[str] = super().get_search_terms(request)
        if len(terms) > _MOST_TERMS:
            raise InvalidInput(errors={"search": [_("At most %(limit)d words.") % {"limit": _MOST_TERMS}]})
        return terms

    def get_schema_operation_parameters(self, view: APIView) -> list[JsonObject]:
        """Describe the parameter only where the view searches."""
        return super().get_schema_operation_parameters(view) if getattr(view, "search_fields", None) else []


class OrderingFilter(filters.OrderingFilter):
    """Order by ``view.ordering_fields``; without that list, by nothing a client names."""

    ordering_param = "ordering"

    def get_valid_fields(self, queryset: Any, view: Any, context: Any = None) -> list[tuple[str, str]]:
        if getattr(view, "ordering_fields", None) is None:
            return []
        found: list[tuple[str, str]] = super().get_valid_fields(queryset, view, context or {})
        return found

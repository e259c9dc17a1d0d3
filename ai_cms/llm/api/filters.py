"""What the lists can be filtered by; nothing else is."""

from __future__ import annotations

from typing import Any

import django_filters
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from ai_cms.core.api.filters import MomentFilter
from ai_cms.llm.models import AILog, CallStatus, CreditEntry, CreditKind, EntryKind, Run, RunStatus

__all__ = ["AILogFilter", "CreditEntryFilter", "RunFilter", "user_key"]


def user_key(value: str) -> Any:
    """Return ``value`` as a primary key of the user model, ``None`` if it cannot be one."""
    key = get_user_model()._meta.pk
    try:
        found = key.to_python(value)
        key.run_validators(found)
    except (ValidationError, OverflowError):
        return None
    return found


def by_user(field: str) -> Any:
    """Return a filter method for the id of a user, or ``me``."""

    def method(self: Any, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        key = self.request.user.pk if value == "me" else user_key(value)
        return rows.none() if key is None else rows.filter(**{field: key})

    return method


class TargetFilter(django_filters.FilterSet):  # type: ignore[misc]
    """By what a row is about."""

    target_type = django_filters.CharFilter(method="by_type", label="app_label.model of the target")
    target_id = django_filters.CharFilter(field_name="object_id", label="Id of the target")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")
    user = django_filters.CharFilter(method="by_user", label="Id of a user, or me")

    by_user = by_user("user_id")

    def by_type(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        app_label, _dot, model = value.lower().partition(".")
        return rows.filter(content_type__app_label=app_label, content_type__model=model)


class AILogFilter(TargetFilter):
    task = django_filters.CharFilter()
    agent = django_filters.CharFilter()
    alias = django_filters.CharFilter()
    model = django_filters.CharFilter(field_name="model_answered", label="The model that answered")
    status = django_filters.ChoiceFilter(choices=CallStatus.choices)
    kind = django_filters.ChoiceFilter(choices=AILog._meta.get_field("kind").choices)
    usage_source = django_filters.ChoiceFilter(choices=[("reported", "reported"), ("estimated", "estimated")])
    call = django_filters.UUIDFilter(field_name="call_id")

    class Meta:
        model = AILog
        fields: list[str] = []


class CreditEntryFilter(django_filters.FilterSet):  # type: ignore[misc]
    account = django_filters.ChoiceFilter(field_name="account__kind", choices=CreditKind.choices)
    kind = django_filters.ChoiceFilter(choices=EntryKind.choices)
    user = django_filters.CharFilter(method="by_user", label="Id of a user, or me")

    by_user = by_user("account__user_id")

    class Meta:
        model = CreditEntry
        fields: list[str] = []


class RunFilter(TargetFilter):
    handler = django_filters.CharFilter()
    status = django_filters.ChoiceFilter(choices=RunStatus.choices)

    class Meta:
        model = Run
        fields: list[str] = []

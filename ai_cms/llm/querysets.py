"""Reads of calls, logs, credits and runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from ..core.permissions import UserLike

__all__ = ["AILogQuerySet", "CreditAccountQuerySet", "LLMCallQuerySet", "RunQuerySet"]

#: The models stand above their querysets, and say themselves which model it is.
M = TypeVar("M", bound=models.Model)


def _about(target: models.Model) -> Q:
    """Return the condition for rows whose generic target is ``target``; subtypes of a model count as the model."""
    types = [ContentType.objects.get_for_model(model) for model in (type(target), *target._meta.get_parent_list())]
    return Q(content_type__in=types, object_id=str(target.pk))


class LLMCallQuerySet(models.QuerySet[M]):
    def open(self) -> LLMCallQuerySet[M]:
        """Return calls that still hold credits."""
        return self.filter(finished_at__isnull=True)

    def reservations(self) -> LLMCallQuerySet[M]:
        """Return open calls that only hold credits so far: nobody has begun with them, so they have no lease."""
        return self.open().filter(status="reserved", lease_until__isnull=True)

    def live(self, now: datetime | None = None) -> LLMCallQuerySet[M]:
        """Return open calls that a process is working on, as far as their lease tells."""
        return self.open().filter(lease_until__gt=now or timezone.now())

    def abandoned(self, now: datetime | None = None) -> LLMCallQuerySet[M]:
        """Return open calls whose lease has run out."""
        return self.open().filter(lease_until__lte=now or timezone.now())


class AILogQuerySet(models.QuerySet[M]):
    def of(self, user: UserLike) -> AILogQuerySet[M]:
        return self.filter(user=user)

    def about(self, target: models.Model) -> AILogQuerySet[M]:
        return self.filter(_about(target))

    def finished(self) -> AILogQuerySet[M]:
        return self.exclude(status__in=("reserved", "running"))

    def totals(self) -> dict[str, int]:
        """Return the sums of calls, tokens and cost (millionths) over the rows."""
        sums = self.aggregate(
            calls=Count("pk"),
            tokens_in=Sum("tokens_in", default=0),
            tokens_out=Sum("tokens_out", default=0),
            cost_micro=Sum("cost_micro", default=0),
        )
        return {name: int(value) for name, value in sums.items()}

    def totals_by(self, *fields: str) -> list[dict[str, Any]]:
        """Return the same sums for each value of ``fields``, the dearest first."""
        return list(
            self.order_by()
            .values(*fields)
            .annotate(
                calls=Count("pk"),
                tokens=Sum("tokens_in", default=0) + Sum("tokens_out", default=0),
                cost_micro=Sum("cost_micro", default=0),
            )
            .order_by("-cost_micro", "-tokens", *fields)
        )

    def totals_by_day(self) -> list[dict[str, Any]]:
        """Return the sums for each day in the current time zone, oldest first."""
        days: Any = self.order_by().annotate(day=TruncDate("created_at")).values("day")
        return list(
            days.annotate(
                calls=Count("pk"),
                tokens=Sum("tokens_in", default=0) + Sum("tokens_out", default=0),
                cost_micro=Sum("cost_micro", default=0),
            ).order_by("day")
        )


class CreditAccountQuerySet(models.QuerySet[M]):
    def of(self, user: UserLike) -> CreditAccountQuerySet[M]:
        return self.filter(user=user)


class RunQuerySet(models.QuerySet[M]):
    def open(self) -> RunQuerySet[M]:
        return self.filter(finished_at__isnull=True)

    def queued(self) -> RunQuerySet[M]:
        return self.filter(status="queued")

    def abandoned(self, now: datetime | None = None) -> RunQuerySet[M]:
        """Return runs that a worker claimed and then let the lease of run out."""
        return self.filter(status__in=("running", "cancelling"), lease_until__lte=now or timezone.now())

    def about(self, target: models.Model) -> RunQuerySet[M]:
        return self.filter(_about(target))

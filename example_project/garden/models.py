"""A page type of this site's own."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ai_cms.pages.models import Page


class EventPage(Page):
    """Something that happens in the garden: a page with a time, a place and a price."""

    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    place = models.CharField(_("place"), max_length=120, blank=True)
    price = models.CharField(
        _("price"), max_length=60, blank=True, help_text=_("As it should be read, such as: 8 crowns.")
    )

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def clean(self) -> None:
        super().clean()
        if self.starts_at and self.ends_at and self.ends_at < self.starts_at:
            raise ValidationError({"ends_at": _("An event cannot end before it starts.")})

    @property
    def is_over(self) -> bool:
        return (self.ends_at or self.starts_at) < timezone.now()

    def facets(self) -> dict[str, list[str]]:
        """Let lists be filtered by the month of the event, as ``2027-06``."""
        return {**super().facets(), "month": [f"{self.starts_at:%Y-%m}"]}

    def search_extra(self) -> str:
        return f"{self.place} {self.starts_at:%B %Y}"

    def get_context(self, request: Any = None) -> dict[str, Any]:
        return {**super().get_context(request), "event": self}

"""What the processes have to agree on about a backend: its circuit breaker, and how far token estimates are off."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .call import CallKind

__all__ = ["BackendState"]


class BackendState(models.Model):
    """One row for each kind of call of an alias: a server without images answers texts all the same.

    Admitting a call updates the row of texts first, which also puts the counting of open calls in one line.
    """

    alias = models.CharField(_("alias"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=CallKind.choices, default=CallKind.TEXT)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    open_until = models.DateTimeField(_("open until"), null=True, blank=True)
    probe_until = models.DateTimeField(null=True, blank=True, editable=False)
    last_error_code = models.CharField(_("last error"), max_length=60, blank=True)
    last_error_at = models.DateTimeField(_("last error at"), null=True, blank=True)
    last_success_at = models.DateTimeField(_("last success at"), null=True, blank=True)
    admitted = models.PositiveBigIntegerField(_("calls admitted"), default=0)

    class Meta:
        verbose_name = _("backend")
        verbose_name_plural = _("backends")
        ordering = ["alias", "kind"]
        constraints = [models.UniqueConstraint(fields=["alias", "kind"], name="ai_cms_llm_state_alias")]

    def __str__(self) -> str:
        return self.alias if self.kind == CallKind.TEXT else f"{self.alias} ({self.get_kind_display()})"

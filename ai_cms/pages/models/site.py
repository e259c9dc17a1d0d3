"""The site: a host name and the root of its page tree."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .. import get_page_model_string

__all__ = ["Site"]


class Site(models.Model):
    """Map a host name to a page tree; one of them is the default for every other host."""

    name = models.CharField(_("name"), max_length=100)
    hostname = models.CharField(
        _("host name"),
        max_length=255,
        unique=True,
        help_text=_("Without scheme, with the port if it is not 80 or 443."),
    )
    locale = models.CharField(_("language"), max_length=12, default="en")
    is_default = models.BooleanField(_("default site"), default=False)
    root = models.ForeignKey(
        get_page_model_string(),
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("home page"),
    )
    # Counts changes that other pages may show (menus, lists, breadcrumbs); part of the key of stored HTML.
    generation = models.PositiveBigIntegerField(default=1, editable=False)

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="ai_cms_pages_one_default_site"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, **options: Any) -> None:
        """Save, but for the generation, which services count up: an instance read before may know an older one."""
        if not self._state.adding and options.get("update_fields") is None and not options.get("force_insert"):
            names = {field.name for field in self._meta.concrete_fields if not field.primary_key}
            options["update_fields"] = names - {"generation"} - self.get_deferred_fields()
        super().save(**options)

"""The element: one row for each block of a working document, for questions across pages."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .. import get_page_model_string

__all__ = ["Element"]


class Element(models.Model):
    """A block of a page's working document; written with it, never by itself."""

    page = models.ForeignKey(
        get_page_model_string(), on_delete=models.CASCADE, related_name="elements", verbose_name=_("page")
    )
    uid = models.CharField(_("block id"), max_length=64)
    parent_uid = models.CharField(_("parent block id"), max_length=64, blank=True)
    type = models.CharField(_("type"), max_length=64, db_index=True)
    props = models.JSONField(_("properties"), default=dict)
    order = models.PositiveIntegerField(_("order"))
    depth = models.PositiveSmallIntegerField(_("depth"))

    class Meta:
        ordering = ["page_id", "depth", "order"]
        verbose_name = _("element")
        verbose_name_plural = _("elements")
        constraints = [models.UniqueConstraint(fields=["page", "uid"], name="ai_cms_pages_element_uid")]

    def __str__(self) -> str:
        return f"{self.type} {self.uid}"

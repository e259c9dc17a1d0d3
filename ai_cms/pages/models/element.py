"""The element: one row for each block of a working document, and one for each picture or file that a block names."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from .. import get_page_model_string

__all__ = ["Element", "ElementReference"]


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


class ElementReference(models.Model):
    """A picture or file that a page's working draft names, such as ``asset:42``; written with the element.

    ``uid``: of the block; "" where the page itself names it, as its picture in ``metadata.image``.
    """

    page = models.ForeignKey(
        get_page_model_string(), on_delete=models.CASCADE, related_name="element_references", verbose_name=_("page")
    )
    uid = models.CharField(_("block id"), max_length=64, blank=True)
    reference = models.CharField(_("reference"), max_length=120)

    class Meta:
        verbose_name = _("reference of an element")
        verbose_name_plural = _("references of elements")
        constraints = [
            models.UniqueConstraint(fields=["page", "uid", "reference"], name="ai_cms_pages_element_reference")
        ]
        # The page is in it so that the drafts that use something are counted in the index alone.
        indexes = [models.Index(fields=["reference", "page"], name="ai_cms_pages_reference")]

    def __str__(self) -> str:
        return f"{self.reference} in {self.uid or 'the page'}"

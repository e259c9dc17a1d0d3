"""The template: a document to start pages from."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.blocks.fields import BlocksField
from ai_cms.core.models import TimestampedModel

__all__ = ["AbstractTemplate", "Template"]


class AbstractTemplate(TimestampedModel):
    """A named layout; blocks with ``meta.locked`` stay as they are in its pages, ``meta.placeholder`` says what to write."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    description = models.TextField(_("description"), blank=True, max_length=500)
    page_type = models.CharField(
        _("page type"),
        max_length=120,
        blank=True,
        help_text=_("Label of the page type it makes; empty for the default page."),
    )
    layout_json = BlocksField(verbose_name=_("layout"), blank=True, drafts=True)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
    )

    class Meta:
        abstract = True
        ordering = ["name"]
        verbose_name = _("template")
        verbose_name_plural = _("templates")

    def __str__(self) -> str:
        return self.name


class Template(AbstractTemplate):
    """The default template."""

    class Meta(AbstractTemplate.Meta):
        swappable = "AI_CMS_TEMPLATE_MODEL"

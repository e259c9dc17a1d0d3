"""Categories and tags as abstract models: a host that swaps one derives from these. The app need not be installed."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from . import get_category_model_string
from .names import TAG_LENGTH, tag_key

__all__ = ["AbstractCategory", "AbstractTag"]


class AbstractCategory(models.Model):
    """A subject that posts are filed under, in a tree by ``parent``; written by ``ai_cms.posts.services``."""

    name = models.CharField(_("name"), max_length=100)
    slug = models.CharField(
        _("slug"), max_length=100, unique=True, blank=True, help_text=_("Empty to have one made of the name.")
    )
    description = models.TextField(_("description"), blank=True, max_length=5_000)
    parent = models.ForeignKey(
        get_category_model_string(),
        on_delete=models.RESTRICT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("inside"),
    )

    class Meta:
        abstract = True
        ordering = ["name", "pk"]
        verbose_name = _("category")
        verbose_name_plural = _("categories")
        constraints = [
            models.UniqueConstraint(fields=["parent", "name"], name="aicms_%(class)s_name"),
            models.UniqueConstraint(fields=["name"], condition=Q(parent=None), name="aicms_%(class)s_top_name"),
        ]

    def __str__(self) -> str:
        return self.name


class AbstractTag(models.Model):
    """A word that posts of one language are found by. ``key``: what all its spellings have in common."""

    name = models.CharField(_("tag"), max_length=TAG_LENGTH)
    key = models.CharField(max_length=2 * TAG_LENGTH, editable=False)
    slug = models.CharField(_("slug"), max_length=100, editable=False)
    locale = models.CharField(_("language"), max_length=12)

    class Meta:
        abstract = True
        ordering = ["name", "pk"]
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [
            models.UniqueConstraint(fields=["locale", "key"], name="aicms_%(class)s_key"),
            models.UniqueConstraint(fields=["locale", "slug"], name="aicms_%(class)s_slug"),
        ]
        indexes = [models.Index(fields=["key"], name="aicms_%(class)s_key_only")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        self.key = tag_key(self.name)

"""What is found: the passages of publications, the vectors of their words, and which publications have been cut."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .querysets import IndexedPublicationQuerySet, PassageQuerySet, VectorQuerySet

__all__ = ["IndexedPublication", "Passage", "Vector"]


class IndexedPublication(models.Model):
    """Which state of a publication its passages are of.

    Site, address, language and whether anybody may read it are the publication's alone and asked there, so that a move or a page
    taken off is right at once.
    """

    publication = models.OneToOneField(
        "ai_cms_pages.Publication", on_delete=models.CASCADE, related_name="indexed", verbose_name=_("publication")
    )
    revision = models.PositiveIntegerField(_("revision"))
    published_at = models.DateTimeField(_("published"))
    # How it was cut; another one than now is cut anew.
    recipe = models.CharField(_("recipe"), max_length=40)
    passage_count = models.PositiveIntegerField(_("passages"), default=0)
    indexed_at = models.DateTimeField(_("read"), auto_now=True)

    objects = IndexedPublicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("searchable publication")
        verbose_name_plural = _("searchable publications")
        ordering = ["-indexed_at", "-pk"]

    def __str__(self) -> str:
        return str(self.publication)


class Passage(models.Model):
    """A part of a publication that can be found and cited."""

    publication = models.ForeignKey(
        "ai_cms_pages.Publication", on_delete=models.CASCADE, related_name="passages", verbose_name=_("publication")
    )
    # Of the publication when it was cut: a passage of another version is not found.
    version = models.PositiveIntegerField(_("version"))
    position = models.PositiveIntegerField(_("position"))
    block = models.CharField(_("block"), max_length=64, blank=True)
    anchor = models.CharField(_("anchor"), max_length=100, blank=True)
    heading = models.JSONField(_("headings"), default=list, blank=True)
    text = models.TextField(_("text"))
    # Of what a vector is made of: title, headings, text. The same words have one vector wherever they stand.
    digest = models.CharField(max_length=64, db_index=True)
    search_title = models.TextField(blank=True)
    search_text = models.TextField(blank=True)
    search_config = models.CharField(max_length=40, default="simple")

    objects = PassageQuerySet.as_manager()

    class Meta:
        verbose_name = _("passage")
        verbose_name_plural = _("passages")
        ordering = ["publication", "position"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "position"], name="ai_cms_retrieval_position"),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class Vector(models.Model):
    """The vector that a model made of some words; without ``data`` while a worker is about to ask for it."""

    digest = models.CharField(max_length=64)
    # Model and length: vectors of two models cannot be compared.
    space = models.CharField(_("model"), max_length=200)
    # Numbers of four bytes, the lowest first, of length one together.
    data = models.BinaryField(null=True)
    claim = models.UUIDField(null=True)
    claimed_until = models.DateTimeField(null=True)

    objects = VectorQuerySet.as_manager()

    class Meta:
        verbose_name = _("vector")
        verbose_name_plural = _("vectors")
        constraints = [models.UniqueConstraint(fields=["space", "digest"], name="ai_cms_retrieval_one_vector")]
        indexes = [
            models.Index(fields=["space", "claimed_until"], name="ai_cms_retrieval_claims", condition=Q(data=None)),
        ]

    def __str__(self) -> str:
        return f"{self.space}: {self.digest[:12]}"

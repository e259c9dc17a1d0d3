"""What was imported: which item of which source a page, or a file, came from."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ai_cms.pages import get_page_model_string

__all__ = ["ImportedAsset", "ImportedPage"]


class ImportedPage(models.Model):
    """Remember what an item of a source became, so that importing it again changes only what the source changed."""

    # Where the import went: the same source below two pages is two imports.
    target = models.ForeignKey(
        get_page_model_string(),
        on_delete=models.CASCADE,
        related_name="imported_sources",
        verbose_name=_("imported below"),
    )
    source = models.CharField(
        _("source"), max_length=255, help_text=_("Importer and what it read, such as wordpress:example.com.")
    )
    key = models.CharField(_("key"), max_length=255, help_text=_("What names the item within the source."))
    page = models.ForeignKey(
        get_page_model_string(), on_delete=models.CASCADE, related_name="imports", verbose_name=_("page")
    )
    digest = models.CharField(max_length=64, editable=False)
    # The page's version as the importer left it: another one means that people have worked on it since.
    version = models.PositiveIntegerField(_("version"))
    # Place and status in the source, to tell what the source changed from what people changed.
    state = models.JSONField(default=dict, editable=False)
    imported_at = models.DateTimeField(_("imported"))

    class Meta:
        ordering = ["source", "key"]
        verbose_name = _("imported page")
        verbose_name_plural = _("imported pages")
        constraints = [
            models.UniqueConstraint(fields=["target", "source", "key"], name="ai_cms_transfer_imported_key"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.key}"


class ImportedAsset(models.Model):
    """Remember what a file of a source became. ``asset_key``: no foreign key, for assets may not be installed."""

    target = models.ForeignKey(
        get_page_model_string(),
        on_delete=models.CASCADE,
        related_name="imported_files",
        verbose_name=_("imported below"),
    )
    source = models.CharField(_("source"), max_length=255)
    key = models.CharField(_("key"), max_length=255)
    asset_key = models.BigIntegerField(_("asset"))
    # Of the file's path and size in the source, and of its content as it was taken in: what changed there, and what here.
    digest = models.CharField(max_length=64, editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    imported_at = models.DateTimeField(_("imported"))

    class Meta:
        ordering = ["source", "key"]
        verbose_name = _("imported file")
        verbose_name_plural = _("imported files")
        constraints = [
            models.UniqueConstraint(fields=["target", "source", "key"], name="ai_cms_transfer_asset_key"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.key}"

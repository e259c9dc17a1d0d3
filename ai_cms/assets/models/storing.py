"""What lies in the storages: renditions, files on their way, files that are left over."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .. import get_asset_model_string

__all__ = ["DirectUpload", "LooseFile", "Rendition"]


class Rendition(models.Model):
    """One size of a picture in one format. Address, size and measures are here, so that nobody asks the storage.

    ``key``: a digest of what it was made of (picture, size, focal point, mark); another one means that it must be made anew.
    ``url``: "" for pictures that are private; a view hands those out.
    """

    asset = models.ForeignKey(get_asset_model_string(), on_delete=models.CASCADE, related_name="renditions")
    spec = models.CharField(_("size"), max_length=40)
    format = models.CharField(_("format"), max_length=10)
    key = models.CharField(max_length=32)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField(_("bytes"))
    stored_in = models.CharField(max_length=30)
    stored_name = models.CharField(max_length=500)
    url = models.CharField(max_length=1_000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("rendition")
        verbose_name_plural = _("renditions")
        constraints = [
            models.UniqueConstraint(fields=["asset", "spec", "format"], name="ai_cms_assets_rendition_once"),
        ]

    def __str__(self) -> str:
        return f"{self.spec}.{self.format}"

    @property
    def mime(self) -> str:
        return {"svg": "image/svg+xml"}.get(self.format, f"image/{self.format}")


class LooseFile(models.Model):
    """A file in a storage that belongs to no asset: not yet, or no longer.

    The row is there before the file is written, and goes when an asset takes the file over or the file is deleted. So what a
    dead process, a refused upload or a deleted asset leaves is always known, and ``sweep_assets`` need not list a storage.
    """

    stored_in = models.CharField(_("storage"), max_length=30)
    stored_name = models.CharField(_("name"), max_length=500)
    delete_after = models.DateTimeField(_("to be deleted after"), db_index=True)

    class Meta:
        verbose_name = _("loose file")
        verbose_name_plural = _("loose files")
        constraints = [models.UniqueConstraint(fields=["stored_in", "stored_name"], name="ai_cms_assets_loose")]

    def __str__(self) -> str:
        return f"{self.stored_in}: {self.stored_name}"


class DirectUpload(models.Model):
    """An upload that goes to the storage by itself and is looked at when it has arrived."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    options = models.JSONField(default=dict)
    stored_name = models.CharField(max_length=500)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    asset = models.ForeignKey(get_asset_model_string(), on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("direct upload")
        verbose_name_plural = _("direct uploads")

    def __str__(self) -> str:
        return self.name

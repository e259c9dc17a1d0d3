"""No tables: a holder for the app's own permission."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["BlockPermissions"]


class NoRows(models.Manager["BlockPermissions"]):
    """Find nothing without asking the database, so that whoever walks over all models (dumpdata) gets past this one."""

    use_in_migrations = False

    def get_queryset(self) -> models.QuerySet[BlockPermissions]:
        return super().get_queryset().none()


class BlockPermissions(models.Model):  # noqa: DJ008 - it has no rows
    """Carry the permissions that belong to no row; it has no table and no rows."""

    objects = NoRows()

    class Meta:
        managed = False
        base_manager_name = "objects"
        default_permissions = ()
        permissions = [("use_raw_html", _("Can add and change raw HTML blocks"))]
        verbose_name = _("block permissions")
        verbose_name_plural = _("block permissions")

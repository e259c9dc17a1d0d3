"""No tables: a holder for the app's own permission."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

__all__ = ["BlockPermissions"]


class BlockPermissions(models.Model):  # noqa: DJ008 - it has no rows
    """Carry the permissions that belong to no row; it has no table and no rows."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [("use_raw_html", _("Can add and change raw HTML blocks"))]
        verbose_name = _("block permissions")
        verbose_name_plural = _("block permissions")

"""The app of the example site: Morrowfen, a botanic garden that does not exist."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GardenConfig(AppConfig):
    name = "garden"
    verbose_name = _("Morrowfen Botanic Garden")
    default_auto_field = "django.db.models.BigAutoField"

from __future__ import annotations

from django.apps import AppConfig


class KindsConfig(AppConfig):
    name = "tests.pages.kinds"
    label = "kinds"
    default_auto_field = "django.db.models.BigAutoField"

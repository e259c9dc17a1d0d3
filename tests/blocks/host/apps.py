from __future__ import annotations

from django.apps import AppConfig


class HostConfig(AppConfig):
    name = "tests.blocks.host"
    label = "blocks_host"
    default_auto_field = "django.db.models.BigAutoField"

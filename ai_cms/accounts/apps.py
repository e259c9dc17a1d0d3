from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "ai_cms.accounts"
    label = "ai_cms_accounts"
    verbose_name = _("People")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, permissions, receivers

        checks.register()
        permissions.register()
        receivers.connect()
        from .api import routes  # noqa: F401

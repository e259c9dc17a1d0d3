from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "ai_cms.core"
    label = "ai_cms_core"
    verbose_name = _("System")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks
        from . import flags as flags
        from .csrf import declare_view
        from .lane.triggers import install, remove

        checks.register()
        declare_view()
        pre_migrate.connect(remove, sender=self, dispatch_uid="ai_cms.core.lane")
        post_migrate.connect(install, sender=self, dispatch_uid="ai_cms.core.lane")

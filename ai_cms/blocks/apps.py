from __future__ import annotations

import sys
from pathlib import PurePath

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _

from ai_cms.core.requirements import RequiresApps


class BlocksConfig(RequiresApps, AppConfig):
    """Register the library and the blocks of every installed app (its ``cms_blocks`` module)."""

    name = "ai_cms.blocks"
    label = "ai_cms_blocks"
    verbose_name = _("Content blocks")
    default_auto_field = "django.db.models.BigAutoField"
    requires = ("ai_cms.core",)

    def ready(self) -> None:
        from . import checks as checks
        from .api import routes as routes
        from .exceptions import InvalidBlockClass
        from .types import library as library

        try:
            autodiscover_modules("cms_blocks")
        except InvalidBlockClass as error:
            if _is_command():
                # The message says it all; the traceback would be of Django's start alone.
                raise SystemExit(f"A block cannot be used:\n{error}") from None
            raise


def _is_command() -> bool:
    """Return whether this is a management command that ends when it cannot begin: runserver waits for a better version."""
    program, *rest = sys.argv or [""]
    return PurePath(program).name in ("manage.py", "django-admin", "__main__.py") and rest[:1] != ["runserver"]

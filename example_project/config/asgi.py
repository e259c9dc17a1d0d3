"""The ASGI application, for servers that speak it."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
# Its database statements have a limit, which those of a migration have not.
os.environ.setdefault("WEB_PROCESS", "1")

application = get_asgi_application()

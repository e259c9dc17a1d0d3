"""The ASGI application, for servers that speak it."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
# Visitors do not wait longer for one statement; a migration may.
os.environ.setdefault("STATEMENT_TIMEOUT", "30")

application = get_asgi_application()

"""The WSGI application: ``gunicorn config.wsgi`` in this folder."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
# Visitors do not wait longer for one statement; a migration may.
os.environ.setdefault("STATEMENT_TIMEOUT", "30")

application = get_wsgi_application()

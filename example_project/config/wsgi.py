"""The WSGI application: ``gunicorn config.wsgi`` in this folder."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

from ai_cms.core.lane.wsgi import wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
# Its database statements have a limit, which those of a migration have not.
os.environ.setdefault("WEB_PROCESS", "1")

# Answers to anonymous visitors come out of memory: docs/how-to/fast-lane.md.
application = wsgi_application(get_wsgi_application())

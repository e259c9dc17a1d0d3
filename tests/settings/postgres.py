"""The settings of the test suite on PostgreSQL: ``DATABASE_URL``, or the server on this machine.

``AI_CMS_TEST_DB`` is appended to the name of the test database, so that runs side by side do not meet.
"""

from __future__ import annotations

import os
from urllib.parse import parse_qsl, unquote, urlsplit

from .base import *  # noqa: F403

_url = urlsplit(os.environ.get("DATABASE_URL") or "postgres://postgres@127.0.0.1:5432/postgres")
_name = unquote(_url.path.lstrip("/")) or "postgres"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _name,
        "USER": unquote(_url.username or ""),
        "PASSWORD": unquote(_url.password or ""),
        "HOST": unquote(_url.hostname or ""),
        "PORT": str(_url.port or ""),
        # What a crash of the machine would lose is nothing to a test.
        "OPTIONS": {"options": "-c synchronous_commit=off", **dict(parse_qsl(_url.query))},
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"NAME": "_".join(filter(None, ["test_ai_cms", os.environ.get("AI_CMS_TEST_DB")]))},
    }
}

"""Core alone, on a SQLite file."""

from __future__ import annotations

import os

from tests.settings.base import *  # noqa: F403
from tests.settings.base import INSTALLED_APPS as _APPS

INSTALLED_APPS = [app for app in _APPS if not app.startswith(("ai_cms.", "tests."))] + ["ai_cms.core"]
ROOT_URLCONF = "tests.core.urls"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["AI_CMS_TEST_FILE"],
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA journal_mode=WAL"},
    }
}

"""The settings of stress workers: the test settings on a database named by the environment."""

from __future__ import annotations

import json
import os
from typing import Any

from tests.settings.base import *  # noqa: F403
from tests.settings.base import MIDDLEWARE as _TESTED

_chosen = json.loads(os.environ["STRESS_DATABASE"])

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _chosen["name"],
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 60,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
        },
    }
    if _chosen["vendor"] == "sqlite"
    else {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _chosen["name"],
        "HOST": _chosen["host"],
        "PORT": _chosen["port"],
        "USER": _chosen["user"],
        "PASSWORD": _chosen["password"],
    }
}

# What tests/stress/lane_staleness.py is about; the site's other middleware costs the same with it and without.
MIDDLEWARE = [*_TESTED, "ai_cms.core.middleware.MaintenanceMiddleware"]

"""The site under measurement: the usual middleware, debug off, the database named by the environment."""

from __future__ import annotations

import json
import os
from typing import Any

from tests.settings.base import *  # noqa: F403
from tests.settings.base import AI_CMS as _SETTINGS
from tests.settings.base import INSTALLED_APPS as _TESTED

_chosen = json.loads(os.environ["BENCHMARK_DATABASE"])
ROOT_URLCONF = "benchmarks.urls"
ALLOWED_HOSTS = ["*"]

# BENCHMARK_APPS="core blocks pages" measures a site with these apps alone. Retrieval, which
# benchmarks.retrieval adds, and the studio, which no measured request enters, are left out.
_wanted = os.environ.get("BENCHMARK_APPS", "").split()
INSTALLED_APPS = [
    app
    for app in _TESTED
    if app not in ("ai_cms.retrieval", "ai_cms.studio")
    and (not _wanted or not app.startswith(("ai_cms.", "tests.")) or app.removeprefix("ai_cms.") in _wanted)
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": _chosen["name"],
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
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
        "CONN_MAX_AGE": None,
    }
}

# Whether the fast lane is measured or what is behind it.
AI_CMS = {**_SETTINGS, "FAST_LANE": os.environ.get("BENCHMARK_LANE", "front")}

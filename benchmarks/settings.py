"""The site under measurement: the usual middleware, debug off, the database named by the environment."""

from __future__ import annotations

import json
import os
from typing import Any

from tests.settings.base import *  # noqa: F403
from tests.settings.base import INSTALLED_APPS as _TESTED

_chosen = json.loads(os.environ["BENCHMARK_DATABASE"])
ROOT_URLCONF = "benchmarks.urls"
ALLOWED_HOSTS = ["*"]

# Most sites do without; benchmarks.retrieval adds it.
INSTALLED_APPS = [app for app in _TESTED if app != "ai_cms.retrieval"]

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

"""The site of ``benchmarks.chat``: as benchmarks.settings, with the model that streams."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec

from benchmarks.settings import *  # noqa: F403

AI_CMS = {**AI_CMS, **json.loads(os.environ["BENCHMARK_CHAT"])}  # noqa: F405

# Hundreds of answers at once share a few connections where psycopg's pool is installed (``pip install psycopg-pool``).
if DATABASES["default"]["ENGINE"].endswith("postgresql") and find_spec("psycopg_pool"):  # noqa: F405
    DATABASES["default"] |= {  # noqa: F405
        "CONN_MAX_AGE": 0,
        "OPTIONS": {"pool": {"min_size": 4, "max_size": 20, "timeout": 60}},
    }

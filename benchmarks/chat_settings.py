"""The site of ``benchmarks.chat``: as benchmarks.settings, with the model that streams."""

from __future__ import annotations

import json
import os

from benchmarks.settings import *  # noqa: F403

AI_CMS = {**AI_CMS, **json.loads(os.environ["BENCHMARK_CHAT"])}  # noqa: F405

# As the how-to of running chat has it: hundreds of answers at once share a few connections.
if DATABASES["default"]["ENGINE"].endswith("postgresql"):  # noqa: F405
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = False  # noqa: F405
    options = DATABASES["default"].setdefault("OPTIONS", {})  # noqa: F405
    options["pool"] = {"min_size": 4, "max_size": 20, "timeout": 60}

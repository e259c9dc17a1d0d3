"""The site of ``benchmarks.chat``: as benchmarks.settings, with the model that streams."""

from __future__ import annotations

import json
import os

from benchmarks.settings import *  # noqa: F403

AI_CMS = {**AI_CMS, **json.loads(os.environ["BENCHMARK_CHAT"])}  # noqa: F405
